//! What was worked out before, as much of it as fits into so many bytes; what is not asked for goes.

use std::borrow::Borrow;
use std::hash::Hash;

use quick_cache::Weighter;

/// A cache that holds so many bytes, about.
#[derive(Debug)]
pub struct Cache<K, V>(quick_cache::sync::Cache<K, (V, u64), Weight>);

/// The bytes told with each value.
#[derive(Clone, Debug)]
struct Weight;

impl<K, V> Weighter<K, (V, u64)> for Weight {
    fn weight(&self, _: &K, (_, bytes): &(V, u64)) -> u64 {
        *bytes
    }
}

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    /// An empty cache of this size.
    pub fn holding(bytes: usize) -> Self {
        // Entries of 20 kB are usual.
        Self(quick_cache::sync::Cache::with_weighter(bytes / 20_000, bytes as u64, Weight))
    }

    /// What was kept under the key.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.0.get(key).map(|(value, _)| value)
    }

    /// Keeps a value that takes up so many bytes.
    pub fn keep(&self, key: K, value: V, bytes: usize) {
        self.0.insert(key, (value, bytes.max(1) as u64));
    }
}
