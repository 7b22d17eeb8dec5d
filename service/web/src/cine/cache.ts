// Things of the frames of a cine, up to so many bytes; what is farthest from being shown goes first.

interface Entry<T> {
  readonly value: Promise<T>;
  made?: T;
  bytes: number;
}

export class Cache<T> {
  private readonly entries = new Map<number, Entry<T>>();
  private bytes = 0;
  private weighed = 0;

  constructor(
    private readonly mostBytes: number,
    private readonly far: (index: number) => number,
    private readonly sizeOf: (value: T) => number,
    private readonly onGone: (value: T) => void = () => undefined,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  get heldBytes(): number {
    return this.bytes;
  }

  // So many of a size like that of those here fit in, and a few more.
  get room(): number {
    return this.bytes === 0 ? Infinity : Math.floor((0.9 * this.mostBytes * this.weighed) / this.bytes);
  }

  has(index: number): boolean {
    return this.entries.has(index);
  }

  // What is here now, made and weighed.
  peek(index: number): T | undefined {
    return this.entries.get(index)?.made;
  }

  // Kept, or made and kept; what fails is not.
  get(index: number, make: () => Promise<T>): Promise<T> {
    const known = this.entries.get(index);
    if (known !== undefined) return known.value;
    const entry: Entry<T> = { value: make(), bytes: 0 };
    this.entries.set(index, entry);
    entry.value.then(
      (value) => this.weigh(index, entry, value),
      () => { if (this.entries.get(index) === entry) this.entries.delete(index); },
    );
    return entry.value;
  }

  clear(): void {
    for (const index of [...this.entries.keys()]) this.remove(index);
  }

  private weigh(index: number, entry: Entry<T>, value: T): void {
    if (this.entries.get(index) !== entry) {
      this.onGone(value);
      return;
    }
    entry.made = value;
    entry.bytes = this.sizeOf(value);
    this.bytes += entry.bytes;
    this.weighed += 1;
    while (this.bytes > this.mostBytes && this.weighed > 1) {
      const known = [...this.entries].filter(([, { bytes }]) => bytes > 0).map(([key]) => key);
      this.remove(known.reduce((a, b) => (this.far(a) > this.far(b) ? a : b)));
    }
  }

  private remove(index: number): void {
    const entry = this.entries.get(index);
    if (entry === undefined) return;
    this.entries.delete(index);
    if (entry.bytes === 0) return; // on its way: given up once it comes
    this.bytes -= entry.bytes;
    this.weighed -= 1;
    void entry.value.then(this.onGone);
  }
}
