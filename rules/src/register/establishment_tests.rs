use proptest::prelude::*;
use strum::VariantArray as _;

use super::*;

/// A complete, plain row; `with` replaces or removes (`None`) columns.
fn read(with: &[(&'static str, Option<&str>)]) -> Result<Establishment, Fault> {
    let mut cells = vec![
        ("URN", "900001"),
        ("LA (code)", "201"),
        ("LA (name)", "Madeup Borough"),
        ("EstablishmentNumber", "0012"),
        ("EstablishmentName", "Invented Academy"),
        ("TypeOfEstablishment (code)", "01"),
        ("TypeOfEstablishment (name)", "Community school"),
        ("EstablishmentStatus (code)", "1"),
        ("EstablishmentStatus (name)", "Open"),
        ("OpenDate", "01-09-2012"),
        ("CloseDate", ""),
        ("PhaseOfEducation (code)", "4"),
        ("PhaseOfEducation (name)", "Secondary"),
        ("NumberOfPupils", "999"),
        ("PercentageFSM", "12.5"),
        ("TrustSchoolFlag (code)", "3"),
        ("TrustSchoolFlag (name)", "Supported by a multi-academy trust"),
        ("Trusts (code)", "5143"),
        ("Trusts (name)", "INVENTED TRUST"),
        ("GOR (code)", "H"),
        ("Easting", "533498"),
        ("Northing", ""),
        ("Postcode", " "),
    ];
    for (name, value) in with {
        cells.retain(|(known, _)| known != name);
        if let Some(value) = value {
            cells.push((name, value));
        }
    }
    let header: Vec<_> = cells.iter().map(|(name, _)| *name).collect();
    let columns = Columns::find(&header).map_err(|_| Fault {
        column: "header",
        value: String::new(),
        problem: "foreign",
    })?;
    Establishment::read(&columns, |at| Cow::Borrowed(cells[at].1))
}

#[test]
fn a_row_is_read_by_column_name() -> Result<(), Fault> {
    let school = read(&[])?;
    assert_eq!(school.urn, 900_001);
    assert_eq!(school.establishment_number, Some(12));
    assert_eq!((school.type_code, school.type_name.as_str()), (1, "Community school"));
    assert_eq!(school.status, SchoolStatus::Open);
    assert_eq!(school.phase, Phase::Secondary);
    assert_eq!(school.opened_on, NaiveDate::from_ymd_opt(2012, 9, 1));
    assert_eq!(school.region, Some("H"));
    assert_eq!((school.easting, school.northing), (Some(533_498), None));
    assert_eq!(school.postcode, None);
    assert_eq!(school.pupils, Some(999), "999 pupils are pupils, no placeholder");
    let trust = school.trust.ok_or_else(|| Fault {
        column: "Trusts (code)",
        value: String::new(),
        problem: "missing",
    })?;
    assert_eq!(trust.kind, Some(TrustKind::MultiAcademy));
    Ok(())
}

#[test]
fn placeholders_and_unknown_days_are_none() -> Result<(), Fault> {
    let school = read(&[
        ("LA (code)", Some("999")),
        ("LA (name)", Some("")),
        ("EstablishmentNumber", Some("9999")),
        ("OpenDate", Some("01-01-1900")),
        ("GOR (code)", Some("Z")),
    ])?;
    assert_eq!(school.local_authority, None);
    assert_eq!(school.establishment_number, None);
    assert_eq!(school.opened_on, None);
    assert_eq!(school.region, None);
    Ok(())
}

#[test]
fn names_stand_in_for_codes_that_a_download_lacks() -> Result<(), Fault> {
    let whole = read(&[])?;
    let mut named = read(&[
        ("LA (code)", None),
        ("TypeOfEstablishment (code)", None),
        ("EstablishmentStatus (code)", None),
        ("PhaseOfEducation (code)", None),
        ("TrustSchoolFlag (code)", None),
        ("GOR (code)", None),
        ("GOR (name)", Some("London")),
    ])?;
    assert_eq!(named.local_authority.as_ref().and_then(|it| it.code), None);
    named.local_authority.clone_from(&whole.local_authority);
    assert_eq!(named, whole);
    Ok(())
}

#[test]
fn a_type_the_register_leaves_blank_is_not_recorded() -> Result<(), Fault> {
    let school = read(&[
        ("TypeOfEstablishment (code)", Some("")),
        ("TypeOfEstablishment (name)", Some("")),
    ])?;
    assert_eq!((school.type_code, school.type_name.as_str()), (0, "Not recorded"));
    Ok(())
}

#[test]
fn a_trust_beside_a_flag_that_says_none_is_no_trust() -> Result<(), Fault> {
    assert_eq!(read(&[("TrustSchoolFlag (code)", Some("0"))])?.trust, None);
    Ok(())
}

#[test]
fn a_fault_names_the_column_and_the_value() {
    for (column, value) in [
        ("URN", "none"),
        ("URN", ""),
        ("URN", "-5"),
        ("EstablishmentName", " "),
        ("EstablishmentName", "a\0b"),
        ("EstablishmentStatus (code)", "7"),
        ("PhaseOfEducation (code)", "12"),
        ("OpenDate", "2012-09-01"),
        ("OpenDate", "31-02-2012"),
        ("OpenDate", "é1-02-2012"),
        ("PercentageFSM", "NaN"),
        ("Easting", "99999999999"),
    ] {
        let fault = read(&[(column, Some(value))]).err();
        let named = fault.is_some_and(|it| it.column == column && it.value == value.trim());
        assert!(named, "{column} {value:?}");
    }
}

#[test]
fn a_foreign_header_is_refused_by_the_names_it_lacks() {
    let header = ["URN", "Name", "EstablishmentStatus (name)"];
    let missing = Columns::find(&header).err().map(|it| it.missing);
    let expected = vec![
        "EstablishmentName",
        "TypeOfEstablishment (code)",
        "PhaseOfEducation (code)",
        "LA (code)",
    ];
    assert_eq!(missing, Some(expected));
}

#[test]
fn the_fingerprint_changes_with_what_is_kept_and_only_then() -> Result<(), Fault> {
    let print = read(&[])?.fingerprint();
    for (column, value) in
        [("Street", "1 Lane"), ("CloseDate", "31-08-2026"), ("PercentageFSM", "13")]
    {
        assert_ne!(read(&[(column, Some(value))])?.fingerprint(), print, "{column}");
    }
    for (column, value) in
        [("HeadLastName", "Nobody"), ("EstablishmentNumber", "12"), ("LA (name)", "Renamed")]
    {
        assert_eq!(read(&[(column, Some(value))])?.fingerprint(), print, "{column}");
    }
    let moved = read(&[("Street", Some("A")), ("Locality", Some(""))])?.fingerprint();
    let there = read(&[("Street", Some("")), ("Locality", Some("A"))])?.fingerprint();
    assert_ne!(moved, there);
    Ok(())
}

proptest! {
    #[test]
    fn no_text_in_any_column_is_too_much(value in ".{0,12}") {
        for column in Column::VARIANTS {
            let _ = read(&[(column.name(), Some(&value))]);
        }
    }
}
