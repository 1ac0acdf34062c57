//! Parameters of Systems Manager: a document, or the values of variables.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_core::config_source::{
    MAX_NAMES, Parameter, Service, StoredParameter, get_parameters, parameters,
};

use super::{
    access::{Access, failed},
    document::Document,
    error::Problem,
};

/// What was found, by what it was asked for.
pub(super) type Found = BTreeMap<Parameter, StoredParameter>;

/// Reads a parameter as a document.
pub(super) async fn document(access: &Access, parameter: &Parameter) -> Result<Document, Problem> {
    let found = values(access, &BTreeSet::from([parameter])).await?;
    let stored = found.into_values().next().ok_or(Problem::Empty)?;
    Ok(Document { text: stored.value.into(), version: Some(stored.version.to_string()) })
}

/// All of these parameters, with one call for each region and each ten names in it.
pub(super) async fn values(access: &Access, wanted: &BTreeSet<&Parameter>) -> Result<Found, Problem> {
    let mut by_region: BTreeMap<Option<&str>, Vec<&Parameter>> = BTreeMap::new();
    for parameter in wanted {
        by_region.entry(parameter.region()).or_default().push(parameter);
    }
    let mut found = Found::new();
    for (region, parameters) in by_region {
        for parameters in parameters.chunks(MAX_NAMES) {
            found.extend(call(access, region, parameters).await?);
        }
    }
    Ok(found)
}

async fn call(access: &Access, region: Option<&str>, wanted: &[&Parameter]) -> Result<Found, Problem> {
    let endpoint = access.endpoint(Service::SystemsManager, region)?;
    let client = access.client()?;
    let names: Vec<&str> = wanted.iter().map(|parameter| parameter.name()).collect();
    let asked =
        async { Ok(parameters(&client.call(&get_parameters(&endpoint, &names)?, &endpoint).await?.body)?) };
    let answered = asked.await.map_err(|failure| failed(&endpoint, failure))?;
    let found = wanted.iter().map(|&parameter| {
        let stored = answered.get(parameter.name()).cloned();
        let name = || parameter.to_string();
        let missing = || Problem::NoParameter { name: name(), region: endpoint.region.clone() };
        Ok((parameter.clone(), stored.ok_or_else(missing)?))
    });
    found.collect()
}
