//! The registry's records with all that we leave empty filled in.

use async_graphql::indexmap::{IndexMap, IndexSet};
use async_graphql::registry::{Deprecation, MetaEnumValue, MetaField, MetaInputValue, MetaType};

pub(super) fn field(name: &str, ty: &str, about: &str) -> MetaField {
    MetaField {
        name: name.to_owned(),
        description: Some(about.to_owned()),
        args: IndexMap::new(),
        ty: ty.to_owned(),
        deprecation: Deprecation::NoDeprecated,
        cache_control: async_graphql::CacheControl::default(),
        external: false,
        requires: None,
        provides: None,
        visible: None,
        shareable: false,
        inaccessible: false,
        tags: Vec::new(),
        override_from: None,
        compute_complexity: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

pub(super) fn with(
    mut field: MetaField,
    arguments: impl IntoIterator<Item = MetaInputValue>,
) -> MetaField {
    let arguments = arguments.into_iter();
    field.args = arguments.map(|each| (each.name.clone(), each)).collect();
    field
}

pub(super) fn input(name: &str, ty: &str, about: &str) -> MetaInputValue {
    MetaInputValue {
        name: name.to_owned(),
        description: Some(about.to_owned()),
        ty: ty.to_owned(),
        deprecation: Deprecation::NoDeprecated,
        default_value: None,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        is_secret: false,
        directive_invocations: Vec::new(),
    }
}

pub(super) fn object(
    name: impl Into<String>,
    about: &str,
    fields: impl IntoIterator<Item = MetaField>,
) -> MetaType {
    let fields = fields.into_iter();
    MetaType::Object {
        name: name.into(),
        description: Some(about.to_owned()),
        fields: fields.map(|each| (each.name.clone(), each)).collect(),
        cache_control: async_graphql::CacheControl::default(),
        extends: false,
        shareable: false,
        resolvable: true,
        keys: None,
        visible: None,
        inaccessible: false,
        interface_object: false,
        tags: Vec::new(),
        is_subscription: false,
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

pub(super) fn interface<'a>(
    name: &str,
    about: &str,
    fields: impl IntoIterator<Item = MetaField>,
    possible: impl Iterator<Item = &'a str>,
) -> MetaType {
    let fields = fields.into_iter();
    MetaType::Interface {
        name: name.to_owned(),
        description: Some(about.to_owned()),
        fields: fields.map(|each| (each.name.clone(), each)).collect(),
        possible_types: possible.map(str::to_owned).collect::<IndexSet<_>>(),
        extends: false,
        inaccessible: false,
        tags: Vec::new(),
        keys: None,
        visible: None,
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

pub(super) fn union(name: &str, about: &str, possible: &[&str]) -> MetaType {
    MetaType::Union {
        name: name.to_owned(),
        description: Some(about.to_owned()),
        possible_types: possible.iter().map(|name| (*name).to_owned()).collect(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        directive_invocations: Vec::new(),
    }
}

pub(super) fn enumeration(
    name: impl Into<String>,
    about: &str,
    values: impl Iterator<Item = (String, String)>,
) -> MetaType {
    let value = |(name, about): (String, String)| {
        let value = MetaEnumValue {
            name: name.clone(),
            description: Some(about),
            deprecation: Deprecation::NoDeprecated,
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            directive_invocations: Vec::new(),
        };
        (name, value)
    };
    MetaType::Enum {
        name: name.into(),
        description: Some(about.to_owned()),
        enum_values: values.map(value).collect(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

pub(super) fn input_object(name: String, about: &str, fields: Vec<MetaInputValue>) -> MetaType {
    let fields = fields.into_iter();
    MetaType::InputObject {
        name,
        description: Some(about.to_owned()),
        input_fields: fields.map(|each| (each.name.clone(), each)).collect(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        oneof: false,
        directive_invocations: Vec::new(),
    }
}

pub(super) fn scalar(name: &str, about: &str) -> MetaType {
    MetaType::Scalar {
        name: name.to_owned(),
        description: Some(about.to_owned()),
        is_valid: None,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        specified_by_url: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}
