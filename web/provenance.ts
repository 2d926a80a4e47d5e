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

/** Browsers compute it on secure pages only: null elsewhere. */
export async function sha256(bytes: Uint8Array): Promise<string | null> {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) return null;
  // A view of shared memory or of part of a buffer is copied.
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Browsers offer SHA-256 on secure pages only; elsewhere (http on a local network) the self-test stands alone.
 *
 * Raises: Error, in words for a person, when the file is another.
 */
export async function checkSum(file: string, bytes: Uint8Array, expected: string): Promise<void> {
  const hex = await sha256(bytes);
  if (hex !== null && hex !== expected) {
    throw new Error(`The model file ${file} is not the one its spec names (SHA-256 ${hex.slice(0, 12)}…). Reload, or set the model up again.`);
  }
}

/** Six decimals: what page and command line must agree on. */
export function sixDecimals(value: number): number {
  return Number(value.toFixed(6));
}
