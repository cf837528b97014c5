//! An alert said as CAP, and CAP read as an alert.
#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise, in their helpers too")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use area::{Atlas, CellName, Circle, Rat, Target};
use cap::{Document, Level, Limits};
use cbs::MessageId;
use policy::{
    Act, Body, Bulletin, CapWords, Channel, Error, Imported, LanguageText, MessageIds, MessageName, Outlet,
    Picture, Profile,
};
use proptest::prelude::*;

const FIXTURE: &str = include_str!("../../../fixtures/cap/missing-child.xml");

static ATLAS: LazyLock<Atlas> = LazyLock::new(|| Atlas::serbia().unwrap());

fn profile(name: &str, live: MessageId) -> Profile {
    Profile {
        name: name.into(),
        message_ids: MessageIds { live, exercise: MessageId::EXERCISE, test: MessageId::TEST },
        message_ids_by_operator: BTreeMap::new(),
        local_languages: vec!["sr-Cyrl".into(), "sr-Latn".into()],
        repetition_period_s: 60,
        duration_default_s: 3600,
        duration_max_s: 172_800,
        until_stopped: false,
        max_pages: 15,
        max_age_years: None,
        require: Vec::new(),
        any_of: Vec::new(),
        cap: CapWords {
            event: [("sr-Cyrl", "Нестанак детета"), ("sr-Latn", "Nestanak deteta"), ("en", "Missing child")]
                .map(|(language, event)| (language.into(), event.into()))
                .into(),
            ..CapWords::default()
        },
        media: Vec::new(),
    }
}

fn profiles() -> [Profile; 2] {
    [profile("flood", MessageId::LEVEL_4), profile("missing-child", MessageId::AMBER)]
}

fn name(identifier: &str, sent_s: i64) -> MessageName {
    MessageName { sender: "alerts@mup.example".into(), identifier: identifier.into(), sent_s }
}

fn written(bulletin: &Bulletin) -> String {
    written_at(None, bulletin)
}

fn written_at(picture_uri: Option<&str>, bulletin: &Bulletin) -> String {
    let outlet = Outlet { sender_name: Some("МУП"), picture_uri };
    let alert = profiles()[1].cap_alert(bulletin, outlet, &ATLAS).unwrap();
    cap::write(&alert, Level::Profile).unwrap()
}

fn read(message: &str, class: Option<&str>) -> Result<Imported, Error> {
    let document = Document::decode(message.as_bytes(), Limits::DEFAULT).unwrap();
    Imported::read(&document.alert().unwrap(), &profiles(), class)
}

/// A message like the fixture with a part of it changed.
fn changed(from: &str, to: &str) -> String {
    assert!(FIXTURE.contains(from), "{from}");
    FIXTURE.replace("pronadji-me", "missing-child").replace(from, to)
}

fn texts() -> impl Strategy<Value = Vec<LanguageText>> {
    let text = |language: &'static str, letters: &'static str| {
        let text = format!("[{letters}][{letters}0-9 .,:<>&\"'\n]{{0,80}}[{letters}.]");
        let text = prop::string::string_regex(&text).unwrap();
        text.prop_map(move |text| LanguageText { language: language.into(), text })
    };
    let text = |language, letters| prop::option::of(text(language, letters));
    (text("sr-Cyrl", "а-шА-Ш"), text("sr-Latn", "a-zčćšžđ"), text("en", "a-zA-Z"), text("hu", "a-zőű"))
        .prop_map(|(a, b, c, d)| [a, b, c, d].into_iter().flatten().collect::<Vec<_>>())
        .prop_filter("a text", |texts| !texts.is_empty())
}

fn targets() -> impl Strategy<Value = Target> {
    let areas = prop::sample::subsequence(vec!["RS-06", "RS-07", "80284", "70092", "RS-VO", "RS"], 0..4);
    let degrees = || (42.0f64..46.0, 19.0f64..22.0);
    let polygon = (degrees(), 0.001f64..0.9, 0.001f64..0.9).prop_map(|((lat, lon), height, width)| {
        vec![[lat, lon], [lat, lon + width], [lat + height, lon + width], [lat + height, lon], [lat, lon]]
    });
    let circle =
        (degrees(), 1u32..1_000_000).prop_map(|((lat, lon), radius_m)| Circle { lat, lon, radius_m });
    let cell = (prop::bool::ANY, 0u32..65_536, 0u64..1 << 28).prop_map(|(gsm, lac, cell_id)| CellName {
        operator: "mts".into(),
        rat: if gsm { Rat::Gsm } else { Rat::Lte },
        lac: gsm.then_some(lac),
        cell_id,
    });
    let several = 0..3usize;
    (
        areas,
        prop::collection::vec(polygon, several.clone()),
        prop::collection::vec(circle, several.clone()),
        prop::collection::vec(cell, several),
    )
        .prop_map(|(areas, polygons, circles, cells)| Target {
            areas: areas.into_iter().map(str::to_owned).collect(),
            polygons,
            circles,
            cells,
        })
        .prop_filter("a place", |target| *target != Target::default())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_draft_said_as_cap_is_read_as_the_same_draft(
        texts in texts(),
        target in targets(),
        channel in prop::sample::select(vec![Channel::Live, Channel::Exercise, Channel::Test]),
        sent_s in 1_700_000_000i64..2_000_000_000,
        duration_s in 60i64..172_800,
        update in prop::bool::ANY,
        picture in prop::option::of((57usize..900).prop_map(Picture::blank)),
    ) {
        let earlier: Vec<MessageName> =
            if update { vec![name("A-1.1", sent_s - 60), name("A-1.2", sent_s - 5)] } else { Vec::new() };
        let bulletin = Bulletin {
            name: name("A-1.3", sent_s),
            act: if update { Act::Update } else { Act::Alert },
            channel,
            earlier: earlier.clone(),
            incident: "A-1".into(),
            body: Some(Body {
                texts: texts.clone(),
                target: target.clone(),
                expires_s: sent_s + duration_s,
                picture: picture.clone(),
            }),
        };
        let message = written(&bulletin);
        let read = read(&message, None).unwrap();
        let expected = Imported {
            name: bulletin.name.clone(),
            act: bulletin.act,
            channel,
            earlier,
            class: Some("missing-child".into()),
            texts,
            target,
            picture,
            expires_s: Some(sent_s + duration_s),
            note: None,
        };
        prop_assert_eq!(read, expected);
        prop_assert_eq!(written(&bulletin), message);
    }
}

#[test]
fn a_cancel_says_all_by_its_references() {
    let bulletin = Bulletin {
        name: name("A-1.cancel", 2_000_000_000),
        act: Act::Cancel,
        channel: Channel::Live,
        earlier: vec![name("A-1.1", 1_999_990_000)],
        incident: "A-1".into(),
        body: None,
    };
    let message = written(&bulletin);
    assert!(!message.contains("<info>") && message.contains("<msgType>Cancel</msgType>"), "{message}");
    assert!(message.contains("<references>alerts@mup.example,A-1.1,2033-05-18T00:46:40-00:00</references>"));
    let read = read(&message, None).unwrap();
    assert_eq!((read.act, read.earlier, read.class), (Act::Cancel, bulletin.earlier, None));
}

#[test]
fn each_info_block_names_event_and_places_in_its_language() {
    let text = |language: &str, text: &str| LanguageText { language: language.into(), text: text.into() };
    let bulletin = Bulletin {
        name: name("A-1.1", 2_000_000_000),
        act: Act::Alert,
        channel: Channel::Live,
        earlier: Vec::new(),
        incident: "A-1".into(),
        body: Some(Body {
            texts: vec![text("sr", "Нестао дечак"), text("sr-Latn", "Nestao"), text("hu", "Eltűnt")],
            target: Target { areas: vec!["Novi Sad".into()], ..Target::default() },
            expires_s: 2_000_003_600,
            picture: Some(Picture::blank(90)),
        }),
    };
    let message = written(&bulletin);
    let document = Document::decode(message.as_bytes(), Limits::DEFAULT).unwrap();
    let alert = document.alert().unwrap();
    let said: Vec<[&str; 3]> = alert
        .infos
        .iter()
        .map(|info| [info.language_tag(), &*info.event, &*info.areas[0].area_desc])
        .collect();
    assert_eq!(
        said,
        [
            ["sr-Cyrl-RS", "Нестанак детета", "Нови Сад"],
            ["sr-Latn-RS", "Nestanak deteta", "Novi Sad"],
            ["hu", "Missing child", "Novi Sad"]
        ]
    );
    // Without a place of its own the picture is in the message, once.
    let pictures: Vec<usize> = alert.infos.iter().map(|info| info.resources.len()).collect();
    assert_eq!(pictures, [1, 0, 0]);
    let held = &alert.infos[0].resources[0];
    assert_eq!((&*held.resource_desc, &*held.mime_type), ("Нестанак детета: фотографија", "image/png"));
    assert_eq!((held.size.as_deref(), &held.uri), (Some("90"), &None));
    assert_eq!(held.digest.as_deref(), Some(&*Picture::blank(90).digest()));

    let uri = "https://alerts.example/picture/A-1.1";
    let message = written_at(Some(uri), &bulletin);
    let document = Document::decode(message.as_bytes(), Limits::DEFAULT).unwrap();
    let alert = document.alert().unwrap();
    let said: Vec<[&str; 2]> = alert
        .infos
        .iter()
        .flat_map(|info| &info.resources)
        .map(|held| [&*held.resource_desc, held.uri.as_deref().unwrap_or_default()])
        .collect();
    let words = ["Нестанак детета: фотографија", "Nestanak deteta: fotografija", "Missing child: photograph"];
    assert_eq!(said, words.map(|words| [words, uri]));
    assert!(!message.contains("derefUri"));
    assert_eq!(read(&message, None).unwrap().picture, None, "nothing is fetched");
}

#[test]
fn a_picture_that_is_damaged_holds_up_no_alert() {
    let held = |name: &str, picture: &Picture, digest: &str| {
        let (kind, octets) = (picture.media_type(), picture.base64());
        format!(
            "<resource><resourceDesc>{name}</resourceDesc><mimeType>{kind}</mimeType>\
             <derefUri>{octets}</derefUri><digest>{digest}</digest></resource><area>"
        )
    };
    let (first, second) = (Picture::blank(60), Picture::blank(61));
    let other = |digest: &str| held("a", &first, digest);
    let whole = held("b", &second, &second.digest().to_uppercase());
    for (resources, expected) in [
        (other(&first.digest()), Some(&first)),
        (other(&second.digest()), None),
        (other(&second.digest()).replace("<area>", &whole), Some(&second)),
        (other("").replace("</derefUri>", "A</derefUri>"), None),
        (other("").replace("<derefUri>", "<derefUri>R0lG"), None),
    ] {
        let imported = read(&changed("<area>", &resources), None).unwrap();
        assert_eq!(imported.picture.as_ref(), expected, "{resources}");
    }
}

#[test]
fn places_of_all_info_blocks_are_united() {
    let imported = read(FIXTURE, Some("missing-child")).unwrap();
    assert_eq!(imported.channel, Channel::Exercise);
    assert_eq!(imported.target.areas, ["RS-06"]);
    assert_eq!((imported.target.polygons.len(), imported.target.polygons[0].len()), (1, 5));
    assert_eq!(imported.target.circles, [Circle { lat: 45.25, lon: 19.85, radius_m: 5000 }]);
    let languages: Vec<&str> = imported.texts.iter().map(|text| text.language.as_str()).collect();
    assert_eq!(languages, ["sr-Cyrl", "en"]);
}

#[test]
fn nothing_but_an_actual_message_is_live() {
    for (status, level, channel) in [
        ("Actual", "amber", Channel::Live),
        ("Exercise", "exercise", Channel::Exercise),
        ("Test", "test", Channel::Test),
        ("System", "test", Channel::Test),
        ("Draft", "amber", Channel::Test),
    ] {
        let message = changed("<status>Exercise", &format!("<status>{status}"));
        let message = message.replace("<value>exercise<", &format!("<value>{level}<"));
        assert_eq!(read(&message, None).unwrap().channel, channel, "{status}");
    }
}

#[test]
fn what_is_not_ours_to_broadcast_is_refused_with_its_place() {
    let refused = |message: &str, place: &str, found: &str| match read(message, None).unwrap_err() {
        Error::Cap { at, found: said, .. } => assert!(at == place && said.contains(found), "{at}: {said}"),
        other => panic!("{other}"),
    };
    let parameter = "/alert/info/parameter";
    refused(FIXTURE, parameter, "pronadji-me");
    refused(&changed("<scope>Public", "<scope>Private"), "/alert/scope", "Private");
    refused(&changed("<msgType>Alert", "<msgType>Ack"), "/alert/msgType", "Ack");
    refused(&changed("<value>exercise<", "<value>amber<"), "/alert", "amber");
    refused(
        &FIXTURE
            .replace("pronadji-me", "flood")
            .replace("Exercise<", "Actual<")
            .replace("<value>exercise<", "<value>amber<"),
        parameter,
        "amber",
    );
    refused(
        &changed(
            "<geocode>\n        <valueName>urn:oasis:names:tc:emergency:cap:1.2:profile:cap-rs:1.0:district",
            "<geocode>\n        <valueName>UGC",
        ),
        "/alert/info[1]/area[1]",
        "Јужнобачки",
    );
    let long = "x".repeat(257);
    refused(&changed("rs-2026-000017", &long), "/alert/identifier", "257");
    assert!(matches!(read(FIXTURE, Some("storm")), Err(Error::Cap { .. })));
}

#[test]
fn the_american_code_of_a_child_abduction_is_the_missing_child_class() {
    let event_code =
        "<eventCode>\n      <valueName>SAME</valueName>\n      <value>CAE</value>\n    </eventCode>";
    let message = changed("<expires>", &format!("{event_code}\n    <expires>"));
    let message =
        message.replace("  <code>urn:oasis:names:tc:emergency:cap:1.2:profile:cap-rs:1.0</code>\n", "");
    let foreign = message.replace("ВЕЖБА. Тражи", "ВЕЖБА.\n        Тражи");
    let imported = read(&foreign, None).unwrap();
    assert_eq!(imported.class.as_deref(), Some("missing-child"));
    assert!(imported.texts[0].text.starts_with("ВЕЖБА. Тражи се"), "lines are joined");
    assert!(read(&foreign.replace("CAE", "TOR"), None).is_err());
    assert_eq!(read(&foreign.replace("CAE", "TOR"), Some("flood")).unwrap().class.as_deref(), Some("flood"));
}
