/** Where results come from: what made them, and of which pixels. */

/** What an export tells beside its results. */
export interface Provenance {
  commit: string;
  /** The browser's own words for itself, or Node's version. */
  platform: string;
  /** ISO 8601, UTC. */
  time: string;
  /** SHA-256 of the model's spec.json; null where the browser cannot compute it. */
  specSha256: string | null;
}

/** Six decimals: what page and command line must agree on. */
export function sixDecimals(value: number): number {
  return Number(value.toFixed(6));
}
