//! Resources: the segments of an API's paths.

use super::{
    Inner, RestApis, errors,
    model::{Api, Resource},
    page::PageRequest,
    patch::{Kind, PatchOperation, replace},
};
use crate::page::Page;
use crate::{ids, paths::variable};
use std::{collections::BTreeMap, sync::Arc};
use tinderbox_base::{Caller, Error, Result};

/// Resources of one API. AWS begins with 300 and raises it on request.
const MAX_RESOURCES: usize = 5_000;
/// The longest segment.
const MAX_PART: usize = 255;

impl RestApis {
    /// Makes a resource below another.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` with a sibling, or the segment is none that can be.
    pub async fn create_resource(
        &self,
        caller: &Caller,
        api: &str,
        parent: String,
        part: String,
    ) -> Result<Arc<Resource>> {
        let change = move |inner: &Inner, api: &mut Api| {
            let resources = &mut api.definition.resources;
            if resources.len() >= MAX_RESOURCES {
                return Err(errors::too_many("resources for this API", MAX_RESOURCES));
            }
            let id = ids::part(&*inner.random);
            let path = place(resources, &id, &parent, &part)?;
            let resource = Arc::new(Resource {
                id: id.clone(),
                parent_id: Some(parent),
                path_part: Some(part),
                path,
                methods: BTreeMap::new(),
            });
            resources.insert(id, Arc::clone(&resource));
            Ok(resource)
        };
        self.inner.change(caller, api, change).await
    }

    /// A resource.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_resource(&self, caller: &Caller, api: &str, id: &str) -> Result<Arc<Resource>> {
        find(&*self.inner.table.of(caller).api(api)?, id)
    }

    /// A page of the resources.
    ///
    /// # Errors
    /// `NotFound`, or the limit is none.
    pub fn list_resources(
        &self,
        caller: &Caller,
        api: &str,
        page: &PageRequest,
    ) -> Result<Page<Arc<Resource>>> {
        let api = self.inner.table.of(caller).api(api)?;
        page.of(api.definition.resources.values().cloned(), |resource| &resource.id)
    }

    /// Renames or moves a resource, with all below it.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` with a sibling, or an operation is none that can be.
    pub async fn update_resource(
        &self,
        caller: &Caller,
        api: &str,
        id: String,
        operations: Vec<PatchOperation>,
    ) -> Result<Arc<Resource>> {
        let change = move |_: &Inner, api: &mut Api| {
            let old = find(api, &id)?;
            let rules = [("/parentId", Kind::Text), ("/pathPart", Kind::Text)];
            let mut new: Resource = replace(&*old, &operations, &rules)?;
            if old.parent_id.is_none() && operations.is_empty() {
                return Ok(old);
            }
            let resources = &mut api.definition.resources;
            let (Some(parent), Some(part)) = (&new.parent_id, &new.path_part) else {
                let what = if new.parent_id.is_some() { "parentId" } else { "pathPart" };
                return Err(errors::bad(format!("Root resource cannot update its {what}.")));
            };
            if below(resources, parent, &id) {
                return Err(errors::bad("Resources cannot be cyclical."));
            }
            new.path = place(resources, &id, parent, part)?;
            resources.insert(id.clone(), Arc::new(new));
            repath(resources, &id);
            find(api, &id)
        };
        self.inner.change(caller, api, change).await
    }

    /// Deletes a resource with all below it.
    ///
    /// # Errors
    /// `NotFound`; the root stays.
    pub async fn delete_resource(&self, caller: &Caller, api: &str, id: String) -> Result<()> {
        let change = move |_: &Inner, api: &mut Api| {
            if find(api, &id)?.parent_id.is_none() {
                return Err(errors::bad("Cannot delete the root resource"));
            }
            let resources = &mut api.definition.resources;
            let doomed: Vec<_> = resources.keys().filter(|r| below(resources, r, &id)).cloned().collect();
            for id in doomed {
                resources.remove(&id);
            }
            Ok(())
        };
        self.inner.change(caller, api, change).await
    }
}

/// A resource of `api`.
pub(super) fn find(api: &Api, id: &str) -> Result<Arc<Resource>> {
    api.definition.resources.get(id).cloned().ok_or_else(|| errors::missing("Resource"))
}

type Resources = BTreeMap<String, Arc<Resource>>;

/// Whether `id` is `ancestor` or below it.
fn below(resources: &Resources, id: &str, ancestor: &str) -> bool {
    let mut at = Some(id);
    while let Some(id) = at {
        if id == ancestor {
            return true;
        }
        at = resources.get(id).and_then(|r| r.parent_id.as_deref());
    }
    false
}

/// The path of `part` below `parent`, if it may be there beside what is.
fn place(resources: &Resources, id: &str, parent: &str, part: &str) -> Result<String> {
    check(part)?;
    let parent = resources.get(parent).ok_or_else(|| errors::missing("Resource"))?;
    if parent.path_part.as_deref().and_then(variable).is_some_and(|(_, greedy)| greedy) {
        return Err(errors::bad(format!(
            "Cannot create a child of a resource with a greedy path variable: {}",
            parent.path_part.as_deref().unwrap_or_default()
        )));
    }
    let siblings = resources.values().filter(|r| r.parent_id.as_deref() == Some(&parent.id) && r.id != id);
    for sibling in siblings {
        let own = sibling.path_part.as_deref().unwrap_or_default();
        if own == part {
            return Err(Error::conflict(format!(
                "Another resource with the same parent already has this name: {part}"
            )));
        }
        if variable(own).is_some() && variable(part).is_some() {
            return Err(errors::bad(format!(
                "A sibling ({own}) of this resource already has a variable path part -- only one is allowed"
            )));
        }
    }
    Ok(format!("{}/{part}", parent.path.trim_end_matches('/')))
}

/// Gives what is below `id` its path anew.
fn repath(resources: &mut Resources, id: &str) {
    let mut next = vec![id.to_owned()];
    while let Some(parent) = next.pop() {
        let path = resources.get(&parent).map(|r| r.path.clone()).unwrap_or_default();
        for child in resources.values_mut().filter(|r| r.parent_id.as_deref() == Some(&parent)) {
            let part = child.path_part.clone().unwrap_or_default();
            Arc::make_mut(child).path = format!("{}/{part}", path.trim_end_matches('/'));
            next.push(child.id.clone());
        }
    }
}

fn check(part: &str) -> Result<()> {
    let named = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-:".contains(&b))
    };
    let fine = variable(part).map_or_else(|| named(part), |(name, _)| named(name));
    if fine && part.len() <= MAX_PART {
        return Ok(());
    }
    Err(errors::bad(
        "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the \
         beginning and the end.",
    ))
}

#[cfg(test)]
mod tests {
    #[test]
    fn parts_of_paths() {
        fn check(part: &str, ok: bool) {
            assert_eq!(super::check(part).is_ok(), ok, "{part}");
        }
        check("student0API", true);
        check("v1.0_a-b:c", true);
        check("{id}", true);
        check("{proxy+}", true);
        check("{}", false);
        check("{+}", false);
        check("a{id}", false);
        check("a/b", false);
        check("", false);
        check("a b", false);
        check(&"a".repeat(300), false);
    }
}
