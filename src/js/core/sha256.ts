/** Sums by which files and pixels are known. */

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
