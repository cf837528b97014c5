//! The facts of a case that decide whether an alert may be raised.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::profile::Profile;

/// A fact that an activation profile may ask for.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// An abduction is proven.
    AbductionProven,
    /// An abduction is presumed.
    AbductionPresumed,
    /// The child has a disability.
    Disability,
    /// Life or body is in danger.
    ImminentDanger,
    /// The child needs medicine or care.
    MedicalNeed,
    /// Enough is known for the public to help.
    SufficientInformation,
}

/// A case: what is known of the child and of what happened. Personal, therefore sealed in the journal.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Case {
    /// The child's age in years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_years: Option<u8>,
    /// What is established.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub facts: BTreeSet<Fact>,
    /// Everything else in the officer's own words, for example name, clothes, vehicle, case number.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
}

impl Profile {
    /// Whether the facts of the case satisfy this profile; the error names each that is missing.
    pub fn may_activate(&self, case: &Case) -> Result<(), Error> {
        let mut missing = Vec::new();
        if let Some(limit) = self.max_age_years {
            match case.age_years {
                Some(age) if age <= limit => {}
                Some(age) => missing.push(format!("an age of at most {limit} years (found {age})")),
                None => missing.push(format!("an age of at most {limit} years (found none)")),
            }
        }
        missing
            .extend(self.require.iter().filter(|fact| !case.facts.contains(fact)).map(|fact| words(*fact)));
        let any = self.any_of.is_empty() || self.any_of.iter().any(|fact| case.facts.contains(fact));
        if !any {
            let choices: Vec<String> = self.any_of.iter().map(|fact| words(*fact)).collect();
            missing.push(format!("one of: {}", choices.join(", ")));
        }
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Error::CaseIncomplete { profile: self.name.clone(), missing: missing.join("; ") })
        }
    }
}

fn words(fact: Fact) -> String {
    match fact {
        Fact::AbductionProven => "a proven abduction",
        Fact::AbductionPresumed => "a presumed abduction",
        Fact::Disability => "a disability",
        Fact::ImminentDanger => "imminent danger",
        Fact::MedicalNeed => "a medical need",
        Fact::SufficientInformation => "sufficient information",
    }
    .to_owned()
}
