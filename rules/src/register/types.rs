//! Types of establishment, for downloads that carry only their names.

/// Code and name of each type, as in the register.
const TYPES: &[(i32, &str)] = &[
    (1, "Community school"),
    (2, "Voluntary aided school"),
    (3, "Voluntary controlled school"),
    (5, "Foundation school"),
    (6, "City technology college"),
    (7, "Community special school"),
    (8, "Non-maintained special school"),
    (10, "Other independent special school"),
    (11, "Other independent school"),
    (12, "Foundation special school"),
    (14, "Pupil referral unit"),
    (15, "Local authority nursery school"),
    (18, "Further education"),
    (24, "Secure units"),
    (25, "Offshore schools"),
    (26, "Service children's education"),
    (27, "Miscellaneous"),
    (28, "Academy sponsor led"),
    (29, "Higher education institutions"),
    (30, "Welsh establishment"),
    (31, "Sixth form centres"),
    (32, "Special post 16 institution"),
    (33, "Academy special sponsor led"),
    (34, "Academy converter"),
    (35, "Free schools"),
    (36, "Free schools special"),
    (37, "British schools overseas"),
    (38, "Free schools alternative provision"),
    (39, "Free schools 16 to 19"),
    (40, "University technical college"),
    (41, "Studio schools"),
    (42, "Academy alternative provision converter"),
    (43, "Academy alternative provision sponsor led"),
    (44, "Academy special converter"),
    (45, "Academy 16-19 converter"),
    (46, "Academy 16 to 19 sponsor led"),
    (49, "Online provider"),
    (56, "Institution funded by other government department"),
    (57, "Academy secure 16 to 19"),
];

/// What stands for a type the register leaves blank, as it does for some long closed schools.
pub const NOT_RECORDED: (i32, &str) = (0, "Not recorded");

/// The code of a type known by name.
pub fn code(name: &str) -> Option<i32> {
    let found = TYPES.iter().find(|(_, known)| known.eq_ignore_ascii_case(name));
    found.map(|(code, _)| *code)
}

/// The name of a type known by code.
pub fn name(code: i32) -> Option<&'static str> {
    let found = TYPES.iter().find(|(known, _)| *known == code);
    found.map(|(_, name)| *name)
}
