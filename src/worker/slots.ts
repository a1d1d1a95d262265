/**
 * The slots of one worker process, shared by the feeds of its shards.
 * A slot is held from the claim until the settlement is confirmed, so that the lease of a finished attempt is renewed
 * while Redis is away. A settle in flight lends its slots to the claim that it carries.
 */
export type Slots = {
  readonly total: number;
  /** Slots that a claim may ask for now. */
  available(): number;
  /** Live or unsettled attempts. */
  held(): number;
  /** Moves `freed` held slots and up to `want` available ones to a claim in flight. Returns how many it may claim. */
  lend(freed: number, want: number): number;
  /** The claim answered: `taken` of the lent slots are held now, and `restored` ones whose settlement failed again. */
  giveBack(lent: number, taken: number, restored: number): void;
  /** Calls back once when a slot is available, at once if one is. */
  whenAvailable(callback: () => void): void;
};

export function createSlots(total: number): Slots {
  let held = 0;
  let lent = 0;
  let waiting: (() => void)[] = [];
  const available = (): number => total - held - lent;
  return {
    total,
    available,
    held: () => held,
    lend(freed, want) {
      held -= freed;
      const granted = Math.max(0, Math.min(want, available()));
      lent += granted;
      return granted;
    },
    giveBack(count, taken, restored) {
      lent -= count;
      held += taken + restored;
      if (available() <= 0 || waiting.length === 0) return;
      const callbacks = waiting;
      waiting = [];
      for (const callback of callbacks) callback();
    },
    whenAvailable(callback) {
      if (available() > 0) callback();
      else waiting.push(callback);
    },
  };
}
