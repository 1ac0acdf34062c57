//! `iam check` finds what is seeded in `cases/iam/broken`, where a file's name begins with the finding's id, and its
//! patches mend it; it finds nothing in what is shipped and in what `iam render` writes.

mod check;
mod patches;
mod render;
mod shipped;
mod templates;
