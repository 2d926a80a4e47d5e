/** A hang planted into the scripts of the build: in the worker, at a picture of 48 × 48 px; and on the other side, time that passes at once. */

/** Prepended to a worker's script. It says that it hangs before it does. */
export const hangPlant = `
{
  const digest = crypto.subtle.digest.bind(crypto.subtle);
  crypto.subtle.digest = (name, bytes) => {
    if (new TextDecoder().decode(bytes.subarray(0, 10)) === '48x48x1:8\\n') {
      new BroadcastChannel('hangs').postMessage('here');
      for (;;);
    }
    return digest(name, bytes);
  };
}
`;

/** Run first on the asking side: what ticks once a second ticks when a worker says that it hangs, and then for an hour. */
export const mainPlant = `
{
  const every = globalThis.setInterval;
  const hangs = new BroadcastChannel('hangs');
  hangs.unref?.();
  globalThis.setInterval = (act, ms, ...rest) => {
    if (ms !== 1000) return every(act, ms, ...rest);
    let seconds = 3600;
    const told = () => { for (; seconds > 0; seconds--) act(); };
    hangs.addEventListener('message', told);
    return { stop: () => { seconds = 0; hangs.removeEventListener('message', told); } };
  };
  const clear = globalThis.clearInterval;
  globalThis.clearInterval = (timer) => (timer?.stop ? timer.stop() : clear(timer));
}
`;
