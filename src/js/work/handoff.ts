/** Hands values from who makes them to who takes them, one by one: whoever gives waits until it is taken. */
export class Handoff<T> {
  #given: { value: T; taken: () => void } | undefined;
  #wake: () => void = () => {};
  #closed = false;

  /** Resolves when the value has been taken, at once where nobody takes any more. */
  give(value: T): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((taken) => {
      this.#given = { value, taken };
      this.#wake();
    });
  }

  /** Nothing more is given, or taken. */
  close(): void {
    this.#closed = true;
    this.#given?.taken();
    this.#wake();
  }

  /** What is given, as it comes, until it is closed. */
  async *values(): AsyncGenerator<T, void, undefined> {
    for (;;) {
      while (this.#given === undefined && !this.#closed) await new Promise<void>((resolve) => { this.#wake = resolve; });
      const given = this.#given;
      if (given === undefined) return;
      this.#given = undefined;
      try {
        yield given.value;
      } finally {
        given.taken();
      }
    }
  }
}
