//! What mutations of plans and self-assessments answer with.

use async_graphql::SimpleObject;
use entity::plans::{agreed_action, objective, plan, review, self_assessment};

use crate::act::{UserError, split};
use crate::read::registry::{Mapped, Ref};

/// A payload of one row and the refusals.
macro_rules! payloads {
    ($($about:literal $payload:ident { $(#[$doc:meta])* $field:ident: $entity:ident as $name:literal })+) => {$(
        impl Mapped for $entity::Entity {
            const NAME: &'static str = $name;
        }

        #[doc = $about]
        #[derive(SimpleObject)]
        pub struct $payload {
            $(#[$doc])*
            $field: Option<Ref<$entity::Entity>>,
            /// Why nothing was done; empty if it was.
            user_errors: Vec<UserError>,
        }

        impl From<Result<$entity::Model, UserError>> for $payload {
            fn from(outcome: Result<$entity::Model, UserError>) -> Self {
                let (done, user_errors) = split(outcome);
                Self { $field: done.map(|row| Ref::new(row.id)), user_errors }
            }
        }
    )+};
}

payloads! {
    "What became of a self-assessment."
    SelfAssessmentPayload {
        /// The self-assessment as it stands now; null if nothing was done.
        self_assessment: self_assessment as "SelfAssessment"
    }
    "What became of a plan."
    PlanPayload {
        /// The plan as it stands now; null if nothing was done.
        plan: plan as "Plan"
    }
    "What became of an objective."
    ObjectivePayload {
        /// The objective as it stands now; null if nothing was done.
        objective: objective as "Objective"
    }
    "What became of an agreed action."
    AgreedActionPayload {
        /// The agreed action as it stands now; null if nothing was done.
        agreed_action: agreed_action as "AgreedAction"
    }
    "What became of a review."
    ReviewPayload {
        /// The review as it stands now; null if nothing was done.
        review: review as "Review"
    }
}
