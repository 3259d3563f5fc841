//! Work in pieces: all threads make something of them, out of order, while one takes the results in their order.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Sender, channel, sync_channel};
use std::thread;

use super::RunError;

/// Pieces for each thread of the pool that were drawn and are not taken yet.
const HELD: usize = 4;

/// What became of a piece; the outer error is a panic.
type Outcome<M> = Result<Result<M, RunError>, Box<dyn Any + Send>>;

/// Makes something of every piece, on all threads, and takes the results on this one in the order of the pieces. Pieces are
/// drawn on a thread of their own while there is room for them, so that the pool has work whichever of the three is slow. With a pool
/// of one thread, or on a thread of the pool, one thing is done after the other.
///
/// # Errors
/// The first failure in the order of the pieces: of a piece, of `make` or of `take`.
pub(super) fn in_order<P: Send, M: Send>(
    pieces: impl Iterator<Item = Result<P, RunError>> + Send,
    make: impl Fn(P) -> Result<M, RunError> + Sync,
    mut take: impl FnMut(M) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let threads = rayon::current_num_threads();
    // A thread of the pool must not wait here for the others: they could all come to wait.
    if threads == 1 || rayon::current_thread_index().is_some() {
        for piece in pieces {
            take(make(piece?)?)?;
        }
        return Ok(());
    }
    let make = &make;
    rayon::in_place_scope(|pool| {
        thread::scope(|beside| {
            let (done, results) = channel::<(usize, Outcome<M>)>();
            let (room, taken) = sync_channel::<()>(HELD * threads);
            beside.spawn(move || {
                for (number, piece) in pieces.enumerate() {
                    // Nobody takes any more.
                    if room.send(()).is_err() {
                        return;
                    }
                    match piece {
                        Ok(piece) => {
                            let done: Sender<_> = done.clone();
                            pool.spawn(move |_| {
                                let made = catch_unwind(AssertUnwindSafe(|| make(piece)));
                                let _ = done.send((number, made));
                            });
                        }
                        Err(error) => {
                            let _ = done.send((number, Ok(Err(error))));
                            return;
                        }
                    }
                }
            });
            let mut early: BTreeMap<usize, Outcome<M>> = BTreeMap::new();
            let mut next = 0;
            for (number, made) in results {
                early.insert(number, made);
                while let Some(made) = early.remove(&next) {
                    take(made.unwrap_or_else(|panic| resume_unwind(panic))?)?;
                    let _ = taken.recv();
                    next += 1;
                }
            }
            Ok(())
        })
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rayon::prelude::*;

    use super::*;

    fn usage(text: &str) -> RunError {
        RunError::Usage(text.to_owned())
    }

    #[test]
    fn results_come_in_the_order_of_the_pieces_and_few_are_held() {
        let (made, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let mut taken = Vec::new();
        in_order(
            (0..500).map(Ok),
            |piece: usize| {
                let held = made.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(held, Ordering::SeqCst);
                // Later pieces are done sooner.
                std::thread::sleep(std::time::Duration::from_micros(
                    7 * (50 - piece as u64 % 50),
                ));
                Ok(piece)
            },
            |piece| {
                made.fetch_sub(1, Ordering::SeqCst);
                taken.push(piece);
                Ok(())
            },
        )
        .unwrap();
        assert_eq!(taken, (0..500).collect::<Vec<_>>());
        assert!(most.into_inner() <= 4 * rayon::current_num_threads());
    }

    #[test]
    fn the_first_failure_ends_it() {
        let fails = |piece: usize| match piece {
            7 => Err(usage("seven")),
            9 => Err(usage("nine")),
            other => Ok(other),
        };
        let told = in_order((0..500).map(Ok), fails, |_| Ok(())).unwrap_err();
        assert_eq!(told.to_string(), "seven");
        let pieces = (0..500).map(|piece| {
            if piece == 300 {
                Err(usage("disk"))
            } else {
                Ok(piece)
            }
        });
        let mut taken = 0;
        let told = in_order(pieces, Ok, |_: usize| {
            taken += 1;
            Ok(())
        });
        assert_eq!(told.unwrap_err().to_string(), "disk");
        assert_eq!(taken, 300, "those before it were taken");
        let full = in_order((0..500).map(Ok), Ok, |piece: usize| match piece {
            20 => Err(usage("full")),
            _ => Ok(()),
        });
        assert_eq!(full.unwrap_err().to_string(), "full");
    }

    #[test]
    fn a_thread_of_the_pool_does_not_wait_for_the_others() {
        let all: Vec<usize> = (0..16)
            .into_par_iter()
            .map(|_| {
                let mut sum = 0;
                let add = |piece: usize| {
                    sum += piece;
                    Ok(())
                };
                in_order((0..100).map(Ok), Ok, add).unwrap();
                sum
            })
            .collect();
        assert_eq!(all, vec![4_950; 16]);
    }

    #[test]
    fn a_panic_is_passed_on_and_nothing_waits_for_ever() {
        let panics = |in_make: bool| {
            let make = |piece: usize| {
                assert!(!in_make || piece != 40, "forty");
                Ok(piece)
            };
            let take = |piece: usize| {
                assert!(in_make || piece != 40, "forty");
                Ok(())
            };
            catch_unwind(|| in_order((0..500).map(Ok), make, take)).is_err()
        };
        assert!(panics(true) && panics(false));
    }
}
