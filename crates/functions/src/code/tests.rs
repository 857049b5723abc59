use super::*;
use crate::testing::zip_of;
use bytes::Bytes;
use std::fs;
use std::sync::Arc;
use tinderbox_base::{ManualClock, SeededRandom};
use tinderbox_blobs::{Blobs, Digest};

struct Fixture {
    root: tempfile::TempDir,
    blobs: Blobs,
    store: Arc<CodeStore>,
}

fn open(root: &tempfile::TempDir, blobs: Blobs, seed: u64) -> Arc<CodeStore> {
    CodeStore::open(root.path().join("code"), blobs, Arc::new(SeededRandom::new(seed))).expect("a store")
}

fn fixture() -> Fixture {
    let root = tempfile::tempdir().expect("a directory");
    let blobs = Blobs::open(root.path().join("blobs"), Arc::new(ManualClock::default())).expect("blobs");
    Fixture { store: open(&root, blobs.clone(), 1), blobs, root }
}

impl Fixture {
    /// Names in the directory of code.
    fn listing(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root.path().join("code")).expect("a directory");
        entries.map(|e| e.expect("an entry").file_name().into_string().expect("text")).collect()
    }

    /// Waits until removals, which happen in the background, have left only `expect`.
    async fn settles(&self, expect: &[String]) {
        for _ in 0..2000 {
            if self.listing() == expect {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        assert_eq!(self.listing(), expect);
    }
}

#[tokio::test]
async fn one_directory_for_one_content() {
    let f = fixture();
    let zip = zip_of(&[("a.py", "x")]);
    let (code, one) = f.store.add(zip.clone()).await.expect("added");
    let (again, two) = f.store.add(zip.clone()).await.expect("added");
    assert_eq!((code.clone(), one.path()), (again, two.path()));
    assert_eq!((code.sha256, code.size), (Digest::of(&zip), zip.len() as u64));
    assert_eq!(f.listing(), [code.sha256.to_string()]);
    assert_eq!(f.store.zip(&code.sha256).await.expect("read"), Some(zip));
}

#[tokio::test]
async fn many_at_once_make_one_directory() {
    let f = fixture();
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let store = f.store.clone();
            tokio::spawn(async move { store.add(zip_of(&[("a.py", "x")])).await })
        })
        .collect();
    let mut directories = Vec::new();
    for task in tasks {
        directories.push(task.await.expect("a task").expect("added"));
    }
    f.settles(&[directories[0].0.sha256.to_string()]).await;
}

#[tokio::test]
async fn a_directory_stays_while_it_is_named_or_used() {
    let f = fixture();
    let (code, directory) = f.store.add(zip_of(&[("a.py", "x")])).await.expect("added");
    let name = [code.sha256.to_string()];
    f.store.name(code.sha256);
    drop(directory);
    assert_eq!(f.listing(), name);
    let directory = f.store.directory(code.sha256).await.expect("there");
    f.store.unname(code.sha256);
    assert_eq!(f.listing(), name);
    drop(directory);
    f.settles(&[]).await;
    // It comes back from the blob.
    let directory = f.store.directory(code.sha256).await.expect("made again");
    assert_eq!(fs::read(directory.path().join("a.py")).expect("a file"), b"x");
}

#[tokio::test]
async fn a_refused_package_leaves_nothing() {
    let f = fixture();
    let error = f.store.add(Bytes::from_static(b"no zip")).await.expect_err("refused");
    assert_eq!(error.code(), Some("InvalidParameterValueException"));
    let checked = f.store.check(zip_of(&[("a", "x")])).await.expect("fine");
    assert_eq!(checked.sha256, Digest::of(&zip_of(&[("a", "x")])));
    let error = f.store.add(zip_of(&[("../a", "x")])).await.expect_err("refused");
    assert!(error.message().contains("leads outside"), "{error}");
    assert_eq!(f.listing(), [] as [String; 0]);
}

#[tokio::test]
async fn what_a_crash_left_is_swept() {
    let f = fixture();
    let (named, _a) = f.store.add(zip_of(&[("a.py", "x")])).await.expect("added");
    let (_, _b) = f.store.add(zip_of(&[("b.py", "x")])).await.expect("added");
    fs::create_dir(f.root.path().join("code/tmp-0")).expect("a directory");
    fs::write(f.root.path().join("code/tmp-1"), "").expect("a file");
    // The next server knows one of them.
    let next = open(&f.root, f.blobs.clone(), 2);
    next.name(named.sha256);
    next.sweep().await.expect("swept");
    assert_eq!(f.listing(), [named.sha256.to_string()]);
}

#[tokio::test]
async fn a_missing_blob_is_an_error_of_ours() {
    let f = fixture();
    let error = f.store.directory(Digest::of(b"nothing")).await.expect_err("missing");
    assert_eq!(error.kind(), tinderbox_base::ErrorKind::Internal);
}
