//! Who looks after the worker.

use sea_orm::sea_query::{Expr, SimpleExpr};

use super::{Scope, all};

impl Scope {
    /// Rows of `job`, `occurrence`, `mail_lane` and `pause`: for programme admins alone.
    #[must_use]
    pub fn operations(&self) -> SimpleExpr {
        if self.may_operate() { all() } else { Expr::cust("1 = 0") }
    }

    /// Whether they may look after the worker: programme admins, and the command line.
    #[must_use]
    pub fn may_operate(&self) -> bool {
        self.limited().is_none()
    }
}
