//! In which order models take their turns: randomised blocks.

use crate::language::Model;

/// Each round holds every model once, shuffled.
pub(super) fn blocks(models: &[Model], rounds: u32, seed: u64) -> impl Iterator<Item = (u32, Model)> {
    let mut random = SplitMix64(seed);
    let models = models.to_vec();
    (1..=rounds).flat_map(move |round| {
        let mut block = models.clone();
        random.shuffle(&mut block);
        block.into_iter().map(move |model| (round, model))
    })
}

/// G. Steele's `SplitMix64`. Written out because a seed must give the same order in every version of tenantbench, which
/// the generators of the usual library do not promise.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Fisher and Yates; the bias of the remainder is below 2⁻⁶⁰ for lists this short.
    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            #[expect(clippy::cast_possible_truncation, reason = "the remainder is below the list's length")]
            let other = (self.next() % (last as u64 + 1)) as usize;
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Word;

    fn order(rounds: u32, seed: u64) -> Vec<(u32, Model)> {
        blocks(Model::ALL, rounds, seed).collect()
    }

    #[test]
    fn each_round_holds_each_model_once() {
        for seed in 0..50 {
            for (index, block) in order(4, seed).chunks(3).enumerate() {
                let mut models: Vec<Model> = block.iter().map(|&(_, model)| model).collect();
                models.sort();
                assert_eq!(models, Model::ALL);
                assert!(block.iter().all(|&(round, _)| round as usize == index + 1));
            }
        }
    }

    #[test]
    fn a_seed_gives_the_same_order_for_ever() {
        use Model::{Namespace, NamespaceAssisted, Vcluster};
        let models: Vec<Model> = order(2, 1).into_iter().map(|(_, model)| model).collect();
        assert_eq!(models, [Namespace, NamespaceAssisted, Vcluster, Vcluster, NamespaceAssisted, Namespace]);
    }

    #[test]
    fn the_generator_is_the_published_one() {
        let mut random = SplitMix64(1_234_567);
        assert_eq!([random.next(), random.next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn every_model_comes_first_about_as_often() {
        let mut first = [0; 3];
        for seed in 0..3000 {
            first[order(1, seed)[0].1 as usize] += 1;
        }
        assert!(first.iter().all(|&times| (900..1100).contains(&times)), "{first:?}");
    }
}
