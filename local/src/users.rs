//! The people of the demo: who they are, which groups their identity provider puts them in.
//! Their claims are what a token of theirs carries; what they may do is decided elsewhere.

use serde_json::{Value, json};

/// A sample user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    /// The name used on the command line; `sub` is `<name>@example.com`.
    pub name: &'static str,
    /// The `groups` claim; none at all when empty.
    pub groups: &'static [&'static str],
    /// The `org` claim.
    pub org: &'static str,
}

/// In `s3-readers`: gets the read-only role.
pub const ALICE: User = User { name: "alice", groups: &["s3-readers", "developers"], org: "engineering" };
/// In `admins` of engineering: gets the administrator's role.
pub const BOB: User = User { name: "bob", groups: &["admins"], org: "engineering" };
/// In a group that no mapping names: falls to the default role.
pub const CAROL: User = User { name: "carol", groups: &["developers"], org: "engineering" };
/// Without any group.
pub const MALLORY: User = User { name: "mallory", groups: &[], org: "unknown" };

/// All of them.
pub const ALL: [User; 4] = [ALICE, BOB, CAROL, MALLORY];

impl User {
    /// The `sub` claim.
    #[must_use]
    pub fn sub(&self) -> String {
        format!("{}@example.com", self.name)
    }

    /// The claims that tell this user from others; issuer, audience and times are the issuer's to add.
    #[must_use]
    pub fn claims(&self) -> Value {
        let mut claims =
            json!({ "sub": self.sub(), "email": self.sub(), "name": self.name, "org": self.org });
        if let (Some(claims), false) = (claims.as_object_mut(), self.groups.is_empty()) {
            claims.insert("groups".into(), json!(self.groups));
        }
        claims
    }
}

/// The user of that name.
#[must_use]
pub fn find(name: &str) -> Option<User> {
    ALL.into_iter().find(|user| user.name == name)
}
