//! CAP at the daemon's edge: messages of others are checked and their signatures judged before they come in, ours are
//! written and signed on their way out. Neither happens on the dispatcher's thread.

use std::path::Path;
use std::sync::Arc;

use admin::{ImportWith, Problem};
use area::{Atlas, Inventory, Target};
use cap::signature::{Fault, SigningKey, Trust};
use cap::{Document, Level, Limits};
use engine::Import;
use policy::{Act, Bulletin, Channel, Imported, Outlet, Profile};

use crate::config::{self, Config, ConfigError, Signature};

/// What is needed to read the messages of others and to write ours.
#[derive(Clone)]
pub(crate) struct Exchange {
    rules: Arc<Rules>,
    profiles: Arc<[Profile]>,
    atlas: Arc<Atlas>,
}

struct Rules {
    own: Option<Own>,
    /// Where pictures can be read; else a message holds its own.
    feed: Option<Outside>,
    /// The rule of each sender that has one of its own.
    senders: Vec<(String, Rule)>,
    others: Rule,
}

/// The public feed, as its readers see it.
struct Outside {
    url: String,
    channels: Vec<Channel>,
}

/// Who we are.
struct Own {
    sender: String,
    sender_name: Option<String>,
    key: SigningKey,
    certificate_pem: String,
}

/// Whose signatures count, and whether there must be one.
struct Rule {
    signature: Signature,
    trust: Trust,
    /// Whether any certificate is named.
    judges: bool,
}

impl Exchange {
    /// Reads the keys and certificates of the configuration.
    pub(crate) fn open(config: &Config, atlas: Arc<Atlas>) -> Result<Self, ConfigError> {
        let cap = &config.main.cap;
        let own = match (&cap.sender, &cap.key, &cap.certificate) {
            (Some(sender), Some(key), Some(certificate)) => Some(Own::open(cap, sender, key, certificate)?),
            _ => None,
        };
        let mut senders = Vec::new();
        for sender in &cap.senders {
            senders.push((sender.name.clone(), Rule::open(sender.signature, &sender.trust)?));
        }
        if let Some(own) = &own
            && !senders.iter().any(|(name, _)| *name == own.sender)
        {
            let mut trust = Trust::default();
            // It was read when the key was tried.
            let judges = trust.add_pem(&own.certificate_pem).is_ok();
            senders.push((own.sender.clone(), Rule { signature: Signature::Required, trust, judges }));
        }
        let others = Rule::open(cap.signature, &cap.trust)?;
        let config::Feed { listen, public_url, channels, .. } = &config.main.feed;
        let url = listen.and(public_url.clone());
        let feed = url.map(|url| Outside { url, channels: channels.clone() });
        let rules = Arc::new(Rules { own, feed, senders, others });
        Ok(Self { rules, profiles: config.profile.clone().into(), atlas })
    }

    /// The sender of our messages; nobody where none are written.
    pub(crate) fn sender(&self) -> Option<&str> {
        self.rules.own.as_ref().map(|own| own.sender.as_str())
    }

    /// A message as what it asks for, if it is acceptable and signed as its sender must.
    pub(crate) fn read(&self, message: &[u8], with: ImportWith, at_unix_s: i64) -> Result<Import, Problem> {
        let document = Document::decode(message, Limits::DEFAULT)
            .map_err(|problem| Problem::cap(problem.to_string()))?;
        let problems = |problems: Vec<cap::Problem>| {
            let mut errors = problems.iter().filter(|it| it.severity == cap::ProblemSeverity::Error);
            let first = errors.next().map(ToString::to_string).unwrap_or_default();
            match errors.count() {
                0 => Problem::cap(first),
                more => Problem::cap(format!("{first} (and {more} more)")),
            }
        };
        let alert = document.alert().map_err(problems)?;
        let verdict = cap::check(message, Imported::level(&alert));
        if !verdict.acceptable {
            return Err(problems(verdict.problems));
        }
        let imported = Imported::read(&alert, &self.profiles, with.class.as_deref())
            .map_err(|error| Problem::cap(error.to_string()))?;
        let rule = self.rules.senders.iter().find(|(name, _)| *name == imported.name.sender);
        let rule = rule.map_or(&self.rules.others, |(_, rule)| rule);
        let signed_by = rule
            .judge(&document, alert.signatures, at_unix_s)
            .map_err(|fault| Problem::signature(format!("message of {}: {fault}", imported.name.sender)))?;
        let own_sender = self.sender().map(str::to_owned);
        Ok(Import { message: imported, signed_by, case: with.case, own_sender })
    }

    /// One of an alert's messages as signed CAP: the same octets each time. `which` is the number of a version or
    /// `cancel`; the newest when absent.
    pub(crate) fn write_one(
        &self,
        class: &str,
        bulletins: &[Bulletin],
        which: Option<&str>,
    ) -> Result<String, Problem> {
        let named = |bulletin: &&Bulletin| {
            which.is_none_or(|which| bulletin.name.identifier.rsplit('.').next() == Some(which))
        };
        let Some(bulletin) = bulletins.iter().rev().find(named) else {
            let all: Vec<&str> =
                bulletins.iter().filter_map(|bulletin| bulletin.name.identifier.rsplit('.').next()).collect();
            let expected = if all.is_empty() { "an approved version".into() } else { all.join(", ") };
            let found = which.unwrap_or("none approved");
            let detail = format!("message: expected {expected}, found {found}");
            return Err(Problem::new(404, "unknown_message", "the alert has no such message", detail)
                .with(expected, found));
        };
        self.write(class, bulletin)
    }

    /// The event and the area of a bulletin, in its first language.
    pub(crate) fn words(&self, class: &str, bulletin: &Bulletin) -> Option<(String, String)> {
        let alert = self.profile(class)?.cap_alert(bulletin, Outlet::default(), &self.atlas).ok()?;
        let info = alert.infos.first()?;
        Some((info.event.to_string(), info.areas.first()?.area_desc.to_string()))
    }

    /// A warning area on the map; single cells have no place there.
    pub(crate) fn shapes(&self, target: &Target) -> Vec<area::Shape> {
        let target = Target { cells: Vec::new(), ..target.clone() };
        target.resolve(&self.atlas, &Inventory::empty()).map(|resolved| resolved.shapes).unwrap_or_default()
    }

    /// When other media show an alert of this class.
    pub(crate) fn slots(&self, class: &str, since_s: i64, until_s: i64) -> Vec<policy::Slot> {
        self.profile(class).map(|profile| policy::slots(&profile.media, since_s, until_s)).unwrap_or_default()
    }

    fn profile(&self, class: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name == class)
    }

    /// A bulletin as signed CAP.
    pub(crate) fn write(&self, class: &str, bulletin: &Bulletin) -> Result<String, Problem> {
        let Some(own) = &self.rules.own else {
            let detail =
                "cap.sender, cap.key and cap.certificate: expected them in the configuration, found none";
            return Err(Problem::new(409, "no_cap_sender", "the daemon writes no CAP", detail));
        };
        if bulletin.body.is_none() && bulletin.act != Act::Cancel {
            let detail = format!("{}: expected its texts, found them erased", bulletin.name.identifier);
            return Err(Problem::new(410, "erased", "the texts have been erased", detail));
        }
        let Some(profile) = self.profile(class) else {
            return Err(Problem::cap(format!("class: expected one with a policy, found {class:?}")));
        };
        let told = |error: &dyn std::error::Error| Problem::cap(error.to_string());
        let shown = self.rules.feed.as_ref().filter(|feed| feed.channels.contains(&bulletin.channel));
        let picture_uri = shown.map(|feed| feed::picture_address(&feed.url, &bulletin.name.identifier));
        let outlet = Outlet { sender_name: own.sender_name.as_deref(), picture_uri: picture_uri.as_deref() };
        let alert = profile.cap_alert(bulletin, outlet, &self.atlas).map_err(|error| told(&error))?;
        let message = cap::write(&alert, Level::Profile).map_err(|error| told(&error))?;
        cap::signature::sign(&message, &own.key, &own.certificate_pem).map_err(|error| told(&error))
    }
}

impl Own {
    fn open(cap: &config::Cap, sender: &str, key: &Path, certificate: &Path) -> Result<Self, ConfigError> {
        let key_pem = read(key)?;
        let certificate_pem = read(certificate)?;
        let key = SigningKey::from_pem(&key_pem).map_err(|error| wrong(key, error.to_string()))?;
        // A signature tells whether the two belong together.
        let probe = include_str!("../../../fixtures/cap/missing-child.xml");
        cap::signature::sign(probe, &key, &certificate_pem)
            .map_err(|error| wrong(certificate, error.to_string()))?;
        Ok(Self { sender: sender.to_owned(), sender_name: cap.sender_name.clone(), key, certificate_pem })
    }
}

impl Rule {
    fn open(signature: Signature, certificates: &[std::path::PathBuf]) -> Result<Self, ConfigError> {
        let mut trust = Trust::default();
        for path in certificates {
            trust.add_pem(&read(path)?).map_err(|error| wrong(path, error.to_string()))?;
        }
        Ok(Self { signature, trust, judges: !certificates.is_empty() })
    }

    /// Who signed, as far as that is known. A signature that is there must be intact; where certificates are named, it
    /// must lead to one of them.
    fn judge(
        &self,
        document: &Document<'_>,
        signatures: usize,
        at_unix_s: i64,
    ) -> Result<Option<String>, Fault> {
        if signatures == 0 && self.signature == Signature::Optional {
            return Ok(None);
        }
        match cap::signature::verify(document, &self.trust, at_unix_s) {
            Ok(signer) => Ok(Some(signer.subject)),
            Err(Fault::Untrusted { .. } | Fault::NotValidNow { .. })
                if !self.judges && self.signature == Signature::Optional =>
            {
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| wrong(path, format!("cannot be read: {error}")))
}

fn wrong(path: &Path, message: String) -> ConfigError {
    ConfigError { file: path.to_owned(), message }
}
