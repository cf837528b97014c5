//! Names of places, folded so that a control room may type them in either script.

/// The name in Latin script, lower case, single spaces: `Град  Београд` and `GRAD BEOGRAD` are `grad
/// beograd`.
pub(crate) fn folded(name: &str) -> String {
    let mut latin = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase) {
        match latin_of(letter) {
            Some(letters) => latin.push_str(letters),
            None => latin.push(letter),
        }
    }
    latin.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The name without the words that only tell what kind of place it is: `Grad Beograd` is `beograd`,
/// `Zlatiborski okrug` is `zlatiborski`, `Palilula (Niš)` is `palilula`. Takes and gives a folded name.
pub(crate) fn shortened(folded: &str) -> &str {
    let name = folded.split(" (").next().unwrap_or(folded);
    let name = name.strip_prefix("grad ").or(name.strip_prefix("ap ")).unwrap_or(name);
    name.strip_suffix(" okrug").unwrap_or(name)
}

/// The ways to write a folded name without diacritics: `đ` is written `dj` or `d`.
pub(crate) fn plain(folded: &str) -> [String; 2] {
    ["dj", "d"].map(|dj| {
        let mut plain = String::with_capacity(folded.len());
        for letter in folded.chars() {
            match letter {
                'č' | 'ć' => plain.push('c'),
                'š' => plain.push('s'),
                'ž' => plain.push('z'),
                'đ' => plain.push_str(dj),
                '-' => plain.push(' '),
                other => plain.push(other),
            }
        }
        plain
    })
}

/// The Latin letters of a lower-case Serbian Cyrillic one.
fn latin_of(letter: char) -> Option<&'static str> {
    Some(match letter {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' => "g",
        'д' => "d",
        'ђ' => "đ",
        'е' => "e",
        'ж' => "ž",
        'з' => "z",
        'и' => "i",
        'ј' => "j",
        'к' => "k",
        'л' => "l",
        'љ' => "lj",
        'м' => "m",
        'н' => "n",
        'њ' => "nj",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'ћ' => "ć",
        'у' => "u",
        'ф' => "f",
        'х' => "h",
        'ц' => "c",
        'ч' => "č",
        'џ' => "dž",
        'ш' => "š",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_scripts_fold_to_one_name() {
        for (cyrillic, latin) in [
            ("Љубовија", "Ljubovija"),
            ("НИШ", "niš"),
            ("Инђија", "Inđija"),
            ("Стара  Пазова ", "stara pazova"),
        ] {
            assert_eq!(folded(cyrillic), folded(latin));
        }
    }

    #[test]
    fn words_for_the_kind_of_place_are_left_off() {
        for (name, short) in [
            ("grad beograd", "beograd"),
            ("ap vojvodina", "vojvodina"),
            ("zlatiborski okrug", "zlatiborski"),
            ("palilula (niš)", "palilula"),
            ("novi sad", "novi sad"),
        ] {
            assert_eq!(shortened(name), short);
        }
    }

    #[test]
    fn diacritics_may_be_left_out() {
        assert_eq!(plain("inđija"), ["indjija", "indija"]);
        assert_eq!(plain("čačak")[0], "cacak");
    }
}
