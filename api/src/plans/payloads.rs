//! What mutations of plans and self-assessments answer with.

use entity::plans::{agreed_action, objective, plan, review, self_assessment};

use crate::act::payloads;

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
