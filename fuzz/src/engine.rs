//! The search: inputs are mutated, and those that reach new code are kept and mutated further.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use libafl::{
    Error, Fuzzer, HasMetadata, StdFuzzer,
    corpus::{Corpus, InMemoryCorpus, OnDiskCorpus},
    events::SimpleEventManager,
    executors::{ExitKind, InProcessExecutor},
    feedbacks::{CrashFeedback, MaxMapFeedback},
    inputs::{BytesInput, HasTargetBytes},
    monitors::NopMonitor,
    mutators::{HavocScheduledMutator, Tokens, havoc_mutations, tokens_mutations},
    observers::HitcountsIterableMapObserver,
    schedulers::QueueScheduler,
    stages::StdMutationalStage,
    state::{HasCorpus, HasExecutions, HasSolutions, StdState},
};
use libafl_bolts::{
    rands::StdRand,
    tuples::{Merge, tuple_list},
};
use libafl_targets::counters_maps_observer;

use crate::check::check;

/// Words of messages and policies, which no search by single bytes comes upon.
const WORDS: &str = include_str!("../words.txt");
/// One input that takes longer hangs.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Fuzzes for this long, from the inputs in `corpus/`.
///
/// # Errors
/// The first input on which gateway and reference disagree, or why none could be tried.
pub fn fuzz(time: Duration) -> Result<String, String> {
    search(time).unwrap_or_else(|error| Err(format!("the fuzzer cannot run: {error}")))
}

fn search(time: Duration) -> Result<Result<String, String>, Error> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let findings = folder.with_file_name("target").join("fuzz/findings");
    // The counters are written by the very code that is observed, in this thread alone.
    let observer = HitcountsIterableMapObserver::new(unsafe { counters_maps_observer("coverage") });
    let mut feedback = MaxMapFeedback::new(&observer);
    let mut objective = CrashFeedback::new();
    let solutions = OnDiskCorpus::new(&findings)?;
    let mut state =
        StdState::new(StdRand::new(), InMemoryCorpus::new(), solutions, &mut feedback, &mut objective)?;
    state.add_metadata(Tokens::from(WORDS.lines().map(|word| word.as_bytes().to_vec())));

    let mut said = None;
    let mut harness = |input: &BytesInput| match check(&input.target_bytes()) {
        Ok(()) => ExitKind::Ok,
        Err(disagreement) => {
            said.get_or_insert(disagreement);
            ExitKind::Crash
        }
    };
    let mut manager = SimpleEventManager::new(NopMonitor::new());
    let mut fuzzer = StdFuzzer::new(QueueScheduler::new(), feedback, objective);
    let mut executor = InProcessExecutor::builder()
        .harness(&mut harness)
        .observers(tuple_list!(observer))
        .fuzzer(&mut fuzzer)
        .state(&mut state)
        .event_mgr(&mut manager)
        .timeout(TIMEOUT)
        .build()?;
    state.load_initial_inputs_forced(&mut fuzzer, &mut executor, &mut manager, &[folder.join("corpus")])?;
    let seeds = state.corpus().count();
    let mutator = HavocScheduledMutator::new(havoc_mutations().merge(tokens_mutations()));
    let mut stages = tuple_list!(StdMutationalStage::new(mutator));
    let end = Instant::now() + time;
    while state.solutions().count() == 0 && Instant::now() < end {
        fuzzer.fuzz_one(&mut stages, &mut executor, &mut state, &mut manager)?;
    }
    let (tried, kept) = (*state.executions(), state.corpus().count());
    drop(executor);
    Ok(match said {
        Some(said) => Err(format!("{said}\nafter {tried} inputs; the input is in {}", findings.display())),
        None if kept <= seeds => {
            Err("no input reached new code; run fuzz/run, which compiles the counters in".to_owned())
        }
        None => {
            Ok(format!("{tried} inputs, {} of them to new code: gateway and reference agree", kept - seeds))
        }
    })
}
