/** Steps of one piece of work that several workers take, each the next when it has done one. */

/** Steps that may be done and not told, since one before is not done: then nobody begins another. */
const mostEarly = 16;
/** How often a stop is looked for while workers are at it. */
const lookEveryMs = 50;

export interface Steps<Worker, Result> {
  count: number;
  /** Asked before each step: others may come to help meanwhile. The first does what the others fail at. */
  workers: () => readonly Worker[];
  /** Raises: what ends all of it, where it is the first that was asked; a helper that raises helps no more. */
  take: (worker: Worker, step: number) => Promise<Result>;
  /** Told once for each step, in order. */
  tell: (step: number, result: Result) => void;
  /** After a stop what workers have in hand is waited for by nobody. */
  signal?: Pick<AbortSignal, 'aborted'> | undefined;
}

/** Raises: what the first worker or `tell` raises. */
export async function shareSteps<Worker, Result>({ count, workers, take, tell, signal }: Steps<Worker, Result>): Promise<void> {
  const early = new Map<number, Result>();
  /** Failed at by a helper. */
  const again: number[] = [];
  const employed = new Map<Worker, Promise<void>>();
  const gone = new Set<Worker>();
  let next = 0;
  let due = 0;
  let failure: { error: unknown } | undefined;
  let wake: () => void = () => {};
  const [first] = workers();
  const isOver = (): boolean => failure !== undefined || due === count || signal?.aborted === true;

  const step = (): number | undefined => again.shift() ?? (next < count && next - due < mostEarly ? next++ : undefined);
  const employ = async (worker: Worker): Promise<void> => {
    for (let mine = isOver() ? undefined : step(); mine !== undefined; mine = isOver() ? undefined : step()) {
      try {
        early.set(mine, await take(worker, mine));
      } catch (error) {
        if (worker === first) {
          failure ??= { error };
          return;
        }
        again.push(mine);
        gone.add(worker);
        return;
      }
      if (isOver()) return;
      for (let result = early.get(due); early.has(due) && !isOver(); result = early.get(due)) {
        early.delete(due);
        tell(due++, result as Result);
      }
      wake();
    }
  };

  while (!isOver()) {
    for (const worker of [...new Set([first as Worker, ...workers()])]) {
      if (employed.has(worker) || gone.has(worker)) continue;
      if (again.length === 0 && (next >= count || next - due >= mostEarly)) continue;
      employed.set(worker, employ(worker).catch((error: unknown) => { failure ??= { error }; }).finally(() => {
        employed.delete(worker);
        wake();
      }));
    }
    if (isOver()) break;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, lookEveryMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
  if (failure !== undefined) throw failure.error;
}
