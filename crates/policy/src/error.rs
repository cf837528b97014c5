//! Why a text, a case or a profile will not do.

use cbs::MessageId;

use crate::profile::Channel;

/// Why a text, a case or a profile will not do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A named area is not on the map any more.
    #[error("target: {0}")]
    Area(#[from] area::Error),
    /// A CAP message says something that no alert of ours can be made of.
    #[error("{at}: expected {expected}, found {found}")]
    Cap {
        /// The element, as a path from the root.
        at: String,
        /// What can be taken.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The case lacks facts that the profile requires.
    #[error("case: the profile {profile:?} requires {missing}")]
    CaseIncomplete {
        /// The profile.
        profile: String,
        /// What is missing.
        missing: String,
    },
    /// A language has two texts.
    #[error("texts: expected one text a language, found two in {language:?}")]
    LanguageTwice {
        /// The language.
        language: String,
    },
    /// There is no text in a local language.
    #[error("texts: expected one in a local language ({expected}), found {found}")]
    NoLocalText {
        /// The local languages of the profile.
        expected: String,
        /// The languages that came.
        found: String,
    },
    /// Scripts were chosen, but no text is Serbian.
    #[error("scripts: expected a text in sr, sr-Cyrl or sr-Latn to write in them, found {found}")]
    NoSerbianText {
        /// The languages that came.
        found: String,
    },
    /// A picture that cannot be shown.
    #[error("picture: expected {expected}, found {found}")]
    Picture {
        /// What can be shown.
        expected: String,
        /// What came.
        found: String,
    },
    /// A value of the profile is impossible.
    #[error("profile {profile:?}: {key}: expected {expected}, found {found}")]
    Profile {
        /// The profile.
        profile: String,
        /// The key.
        key: &'static str,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A text cannot be sent.
    #[error("text {languages}: {reason}")]
    Text {
        /// The languages of the message.
        languages: String,
        /// Why.
        reason: cbs::Error,
    },
    /// A text is empty.
    #[error("text {language}: expected a text, found none")]
    TextEmpty {
        /// The language.
        language: String,
    },
    /// A message has more pages than the profile allows.
    #[error("text {languages}: expected at most {max} pages, found {found}")]
    TooManyPages {
        /// The languages of the message.
        languages: String,
        /// The limit.
        max: usize,
        /// What came.
        found: usize,
    },
    /// A message identifier does not belong on the channel.
    #[error(
        "profile {profile:?}: message_ids: expected an identifier of the {channel} channel, found {found} ({name})"
    )]
    WrongChannel {
        /// The profile.
        profile: String,
        /// The channel.
        channel: Channel,
        /// The identifier.
        found: MessageId,
        /// Its name.
        name: &'static str,
    },
}
