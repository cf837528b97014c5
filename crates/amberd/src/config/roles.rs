//! Who may do what, and who somebody is.

use std::collections::BTreeMap;

use engine::command::{Actor, Roles};
use serde::{Deserialize, Serialize};

/// The holders of each role.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleHolders {
    /// Writes, submits, updates and cancels.
    pub(crate) author: Holders,
    /// Approves, returns, rejects and cancels.
    pub(crate) approver: Holders,
    /// Reads everything.
    #[serde(default)]
    pub(crate) auditor: Holders,
    /// Reads everything, to look after the daemon.
    #[serde(default)]
    pub(crate) admin: Holders,
}

/// Users and groups, by name.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Holders {
    /// Users.
    pub(crate) users: Vec<String>,
    /// Groups.
    pub(crate) groups: Vec<String>,
}

impl Holders {
    fn include(&self, user: &str, groups: &[String]) -> bool {
        self.users.iter().any(|holder| holder == user)
            || self.groups.iter().any(|holder| groups.contains(holder))
    }

    fn is_empty(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty()
    }
}

impl RoleHolders {
    /// An alert needs an author and another person as approver.
    pub(crate) fn check(&self) -> Result<(), String> {
        let needed = [("author", &self.author), ("approver", &self.approver)];
        for (role, holders) in needed {
            if holders.is_empty() {
                return Err(format!("roles.{role}: expected at least one user or group, found none"));
            }
        }
        let only = |holders: &Holders| {
            (holders.groups.is_empty() && holders.users.len() == 1).then(|| holders.users[0].clone())
        };
        if let (Some(author), Some(approver)) = (only(&self.author), only(&self.approver))
            && author == approver
        {
            return Err(format!(
                "roles: expected two different people as author and approver, found only {author:?}"
            ));
        }
        Ok(())
    }

    /// The person behind a user id of this machine, with their roles.
    pub(crate) fn actor(&self, uid: u32, gid: u32) -> Actor {
        let name = uzers::get_user_by_uid(uid).map(|user| user.name().to_string_lossy().into_owned());
        let name = name.unwrap_or_else(|| format!("uid {uid}"));
        let groups: Vec<String> = uzers::get_user_groups(&name, gid)
            .unwrap_or_default()
            .iter()
            .map(|group| group.name().to_string_lossy().into_owned())
            .collect();
        let roles = self.roles_of(&name, &groups);
        Actor { name, root: uid == 0, roles }
    }

    /// The roles of a name without an account of this machine: for the demo, which alone may assert one.
    pub(crate) fn asserted(&self, name: &str) -> Actor {
        Actor { name: name.to_owned(), root: false, roles: self.roles_of(name, &[]) }
    }

    /// Names of users and groups that this machine does not know, each with the role that names it.
    pub(crate) fn unknown(&self) -> BTreeMap<String, &'static str> {
        let all = [
            ("author", &self.author),
            ("approver", &self.approver),
            ("auditor", &self.auditor),
            ("admin", &self.admin),
        ];
        let mut unknown = BTreeMap::new();
        for (role, holders) in all {
            for user in holders.users.iter().filter(|user| uzers::get_user_by_name(user).is_none()) {
                unknown.insert(format!("user {user}"), role);
            }
            for group in holders.groups.iter().filter(|group| uzers::get_group_by_name(group).is_none()) {
                unknown.insert(format!("group {group}"), role);
            }
        }
        unknown
    }

    fn roles_of(&self, user: &str, groups: &[String]) -> Roles {
        Roles {
            author: self.author.include(user, groups),
            approver: self.approver.include(user, groups),
            auditor: self.auditor.include(user, groups),
            admin: self.admin.include(user, groups),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(names: &[&str]) -> Holders {
        Holders { users: names.iter().map(|name| (*name).to_owned()).collect(), groups: Vec::new() }
    }

    #[test]
    fn a_role_nobody_holds_is_refused() {
        let roles = RoleHolders { author: users(&["ana"]), ..RoleHolders::default() };
        assert!(roles.check().unwrap_err().starts_with("roles.approver: expected at least one"));
    }

    #[test]
    fn one_person_alone_is_refused() {
        let roles =
            RoleHolders { author: users(&["ana"]), approver: users(&["ana"]), ..RoleHolders::default() };
        assert!(roles.check().unwrap_err().contains("two different people"));
    }

    #[test]
    fn roles_follow_from_names() {
        let roles =
            RoleHolders { author: users(&["ana"]), approver: users(&["bora"]), ..RoleHolders::default() };
        let ana = roles.asserted("ana");
        assert!(ana.roles.author && !ana.roles.approver);
        assert_eq!(roles.asserted("vesna").roles, Roles::default());
    }
}
