//! Which columns of an extract are read. Columns are found by name, since downloads differ in
//! number and order.

use strum::VariantArray as _;

/// A column of the extract that is read; all others are passed over. Its text is its name there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[expect(missing_docs, reason = "each is documented by its name in the register")]
pub enum Column {
    #[strum(serialize = "URN")]
    Urn,
    #[strum(serialize = "LA (code)")]
    LaCode,
    #[strum(serialize = "LA (name)")]
    LaName,
    #[strum(serialize = "EstablishmentNumber")]
    EstablishmentNumber,
    #[strum(serialize = "EstablishmentName")]
    EstablishmentName,
    #[strum(serialize = "TypeOfEstablishment (code)")]
    TypeCode,
    #[strum(serialize = "TypeOfEstablishment (name)")]
    TypeName,
    #[strum(serialize = "EstablishmentStatus (code)")]
    StatusCode,
    #[strum(serialize = "EstablishmentStatus (name)")]
    StatusName,
    #[strum(serialize = "OpenDate")]
    OpenDate,
    #[strum(serialize = "CloseDate")]
    CloseDate,
    #[strum(serialize = "PhaseOfEducation (code)")]
    PhaseCode,
    #[strum(serialize = "PhaseOfEducation (name)")]
    PhaseName,
    #[strum(serialize = "StatutoryLowAge")]
    LowAge,
    #[strum(serialize = "StatutoryHighAge")]
    HighAge,
    #[strum(serialize = "NumberOfPupils")]
    Pupils,
    #[strum(serialize = "PercentageFSM")]
    PercentFsm,
    #[strum(serialize = "TrustSchoolFlag (code)")]
    TrustFlagCode,
    #[strum(serialize = "TrustSchoolFlag (name)")]
    TrustFlagName,
    #[strum(serialize = "Trusts (code)")]
    TrustCode,
    #[strum(serialize = "Trusts (name)")]
    TrustName,
    #[strum(serialize = "UKPRN")]
    Ukprn,
    #[strum(serialize = "Street")]
    Street,
    #[strum(serialize = "Locality")]
    Locality,
    #[strum(serialize = "Address3")]
    Address3,
    #[strum(serialize = "Town")]
    Town,
    #[strum(serialize = "County (name)")]
    County,
    #[strum(serialize = "Postcode")]
    Postcode,
    #[strum(serialize = "SchoolWebsite")]
    Website,
    #[strum(serialize = "GOR (code)")]
    RegionCode,
    #[strum(serialize = "GOR (name)")]
    RegionName,
    #[strum(serialize = "Easting")]
    Easting,
    #[strum(serialize = "Northing")]
    Northing,
    #[strum(serialize = "OfstedRating (name)")]
    OfstedRating,
}

impl Column {
    /// The column's name in the register.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// A file without these is not an extract of the register. A code may be missing where its name
/// is there: smaller downloads carry only names.
const ESSENTIAL: &[&[Column]] = &[
    &[Column::Urn],
    &[Column::EstablishmentName],
    &[Column::StatusCode, Column::StatusName],
    &[Column::TypeCode, Column::TypeName],
    &[Column::PhaseCode, Column::PhaseName],
    &[Column::LaCode, Column::LaName],
];

/// Where each column stands in one file.
#[derive(Clone, Debug)]
pub struct Columns {
    at: Vec<Option<usize>>,
}

/// The header is not that of an extract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not an extract of the register: its header lacks {}", .missing.join(", "))]
pub struct ForeignFile {
    /// Names of the essential columns that are not there.
    pub missing: Vec<&'static str>,
}

impl Columns {
    /// Finds the columns in a header; surrounding spaces do not matter.
    ///
    /// # Errors
    /// Essential columns are missing.
    pub fn find(header: &[impl AsRef<str>]) -> Result<Self, ForeignFile> {
        let at: Vec<_> = Column::VARIANTS
            .iter()
            .map(|column| header.iter().position(|name| name.as_ref().trim() == column.name()))
            .collect();
        let missing: Vec<_> = ESSENTIAL
            .iter()
            .filter(|any| any.iter().all(|column| at[*column as usize].is_none()))
            .map(|any| any[0].name())
            .collect();
        if missing.is_empty() { Ok(Self { at }) } else { Err(ForeignFile { missing }) }
    }

    /// Where the column stands, if the file has it.
    #[must_use]
    pub fn position(&self, column: Column) -> Option<usize> {
        self.at[column as usize]
    }
}
