//! Writing batches of establishments: what is new, what differs, and the local authorities and
//! trusts they name.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use entity::id::new_id;
use entity::schools::{
    KnownSchool, known_schools, local_authority, region, trust, write_local_authorities,
    write_schools, write_trusts,
};
use rules::register::{SchoolStatus, TrustKind, establishment};
use sea_orm::ActiveValue::Set;
use sea_orm::DatabaseTransaction;
use sea_orm::entity::prelude::*;

use super::extract::Batch;
use super::report::Report;
use super::rows::{self, Belongs};

/// A local authority in the making.
struct Authority {
    row: local_authority::Model,
    /// Whether this file has named it.
    named: bool,
    /// Whether it was there before this file.
    known: bool,
    renamed: bool,
    /// How many of its schools lie in each region.
    regions: BTreeMap<Uuid, usize>,
}

/// A trust in the making.
struct Trust {
    row: trust::Model,
    /// Whether this file has named it: the first row that does decides.
    named: bool,
}

/// Writes what differs and keeps count.
pub struct Writer<'a> {
    txn: &'a DatabaseTransaction,
    now: DateTime<Utc>,
    schools: HashMap<i32, KnownSchool>,
    /// Schools that were there before, and not yet met in the file.
    unmet: usize,
    regions: HashMap<String, Uuid>,
    authorities: BTreeMap<i32, Authority>,
    trusts: HashMap<String, Trust>,
    report: Report,
}

impl<'a> Writer<'a> {
    /// Reads what is there already.
    pub async fn new(txn: &'a DatabaseTransaction, now: DateTime<Utc>) -> Result<Self, DbErr> {
        let schools = known_schools(txn).await?;
        let regions = region::Entity::find().all(txn).await?;
        let authorities = local_authority::Entity::find().all(txn).await?;
        let trusts = trust::Entity::find().all(txn).await?;
        let authority = |row: local_authority::Model| {
            let authority = Authority {
                row,
                named: false,
                known: true,
                renamed: false,
                regions: BTreeMap::new(),
            };
            (authority.row.code, authority)
        };
        let known_trust = |row: trust::Model| (row.code.clone(), Trust { row, named: false });
        Ok(Self {
            txn,
            now,
            unmet: schools.len(),
            schools,
            regions: regions.into_iter().map(|it| (it.code, it.id)).collect(),
            authorities: authorities.into_iter().map(authority).collect(),
            trusts: trusts.into_iter().map(known_trust).collect(),
            report: Report::default(),
        })
    }

    /// Writes those of a batch that are new or differ, and first the rows they refer to.
    pub async fn write(&mut self, batch: Batch) -> Result<(), DbErr> {
        let Batch { columns, schools: batch } = batch;
        let mut schools = Vec::new();
        let mut authorities = Vec::new();
        let mut trusts = Vec::new();
        for school in batch {
            let region = school.region.and_then(|code| self.regions.get(code)).copied();
            let authority = school
                .local_authority
                .as_ref()
                .and_then(|it| self.authority(it, region, &mut authorities));
            let trust = school.trust.as_ref().and_then(|it| self.trust(it, &mut trusts));
            let hash = school.fingerprint();
            let closed = school.status == SchoolStatus::Closed;
            let known = self.schools.get(&school.urn).copied();
            let id = known.map_or_else(|| new_id(self.now), |it| it.id);
            self.unmet -= usize::from(known.is_some());
            let counts = &mut self.report.schools;
            *match known {
                None => &mut counts.added,
                Some(known) if known.hash == hash => &mut counts.unchanged,
                Some(known) if closed && !known.closed => &mut counts.closed,
                Some(_) => &mut counts.changed,
            } += 1;
            if known.is_some_and(|it| it.hash == hash) {
                continue;
            }
            self.schools.insert(school.urn, KnownSchool { id, hash, closed });
            // For a known school the id given here is not used: the row keeps its own.
            let id = known.map_or(id, |_| new_id(self.now));
            let belongs = Belongs { authority, trust, region };
            schools.push(rows::school(id, school, &belongs, hash, self.now));
        }
        write_local_authorities(self.txn, authorities).await?;
        write_trusts(self.txn, trusts).await?;
        write_schools(self.txn, schools, &rows::absent(&columns)).await
    }

    /// Writes what only the whole file tells: names and regions of local authorities.
    /// Returns the report, and all schools there are now.
    pub async fn finish(mut self) -> Result<(Report, HashMap<i32, KnownSchool>), DbErr> {
        let mut changed = Vec::new();
        for authority in self.authorities.values_mut() {
            let most = authority.regions.values().max();
            let region = authority.regions.iter().find(|(_, count)| Some(*count) == most);
            let region = region.map(|(id, _)| *id).or(authority.row.region_id);
            let moved = region != authority.row.region_id;
            authority.row.region_id = region;
            if authority.known && (moved || authority.renamed) {
                self.report.authorities_changed += 1;
            }
            if moved || authority.renamed {
                changed.push(authority_row(&authority.row, new_id(self.now)));
            }
        }
        write_local_authorities(self.txn, changed).await?;
        self.report.schools.absent = self.unmet;
        Ok((self.report, self.schools))
    }

    /// The row of a local authority: by code, or by name where a download has no codes.
    fn authority(
        &mut self,
        named: &establishment::LocalAuthority,
        region: Option<Uuid>,
        rows: &mut Vec<local_authority::ActiveModel>,
    ) -> Option<Uuid> {
        let Some(code) = named.code else {
            let same = |it: &&Authority| Some(&it.row.name) == named.name.as_ref();
            return self.authorities.values().find(same).map(|it| it.row.id);
        };
        let authority = self.authorities.entry(code).or_insert_with(|| {
            let row = local_authority::Model {
                id: new_id(self.now),
                code,
                name: named.name.clone().unwrap_or_else(|| format!("Local authority {code}")),
                region_id: None,
            };
            rows.push(authority_row(&row, row.id));
            self.report.authorities_added += 1;
            Authority { row, named: true, known: false, renamed: false, regions: BTreeMap::new() }
        });
        if let Some(name) = named.name.as_ref().filter(|_| !authority.named) {
            authority.named = true;
            authority.renamed = authority.row.name != *name;
            authority.row.name.clone_from(name);
        }
        if let Some(region) = region {
            *authority.regions.entry(region).or_default() += 1;
        }
        Some(authority.row.id)
    }

    /// The row of a trust: by code, or by name where a download has no codes.
    fn trust(
        &mut self,
        named: &establishment::Trust,
        rows: &mut Vec<trust::ActiveModel>,
    ) -> Option<Uuid> {
        let Some(code) = &named.code else {
            let same = |it: &&Trust| Some(&it.row.name) == named.name.as_ref();
            return self.trusts.values().find(same).map(|it| it.row.id);
        };
        let kind = named.kind.map(<&'static str>::from);
        if let Some(trust) = self.trusts.get_mut(code) {
            if !trust.named {
                trust.named = true;
                let name = named.name.as_ref().unwrap_or(&trust.row.name);
                let kind = kind.unwrap_or(&trust.row.kind);
                if *name != trust.row.name || kind != trust.row.kind {
                    (trust.row.name, trust.row.kind) = (name.clone(), kind.to_owned());
                    rows.push(trust_row(&trust.row, new_id(self.now)));
                    self.report.trusts_changed += 1;
                }
            }
            return Some(trust.row.id);
        }
        let row = trust::Model {
            id: new_id(self.now),
            code: code.clone(),
            name: named.name.clone().unwrap_or_else(|| format!("Trust {code}")),
            // The commonest kind, until an extract that carries the flag says otherwise.
            kind: kind.unwrap_or(TrustKind::MultiAcademy.into()).to_owned(),
        };
        let id = row.id;
        rows.push(trust_row(&row, id));
        self.report.trusts_added += 1;
        self.trusts.insert(code.clone(), Trust { row, named: true });
        Some(id)
    }
}

fn authority_row(row: &local_authority::Model, id: Uuid) -> local_authority::ActiveModel {
    local_authority::ActiveModel {
        id: Set(id),
        code: Set(row.code),
        name: Set(row.name.clone()),
        region_id: Set(row.region_id),
    }
}

fn trust_row(row: &trust::Model, id: Uuid) -> trust::ActiveModel {
    trust::ActiveModel {
        id: Set(id),
        code: Set(row.code.clone()),
        name: Set(row.name.clone()),
        kind: Set(row.kind.clone()),
    }
}
