/** The camera: asked for at a press alone, and given back as soon as nobody looks. */
import { signal } from '@preact/signals';
import { messageOf } from './notice.ts';
import { remember, remembered } from './remembered.ts';

/** `hidden`: the page was; `gone`: it was unplugged, or the system took it. */
export type WhyOff = 'stopped' | 'hidden' | 'gone';
/** `insecure`: the address is, so that the browser lends none; `other`: `message` is the browser's. */
export type CameraFailure = 'insecure' | 'refused' | 'none' | 'busy' | 'other';
export type CameraState =
  | { phase: 'off'; why: WhyOff }
  | { phase: 'asking' }
  | { phase: 'on'; id: string }
  | { phase: 'failed'; failure: CameraFailure; message: string };

export const camera = signal<CameraState>({ phase: 'off', why: 'stopped' });
/** Known once one was lent; a label may be empty. */
export const cameras = signal<readonly { id: string; label: string }[]>([]);
/** Of the picture, px; null before there is one. */
export const pictureSize = signal<{ width: number; height: number } | null>(null);

/** Shows what the camera sees; never on the page itself, which draws it. */
export const video = document.createElement('video');
video.muted = true;
video.playsInline = true;
video.addEventListener('resize', () => {
  if (video.videoWidth > 0) pictureSize.value = { width: video.videoWidth, height: video.videoHeight };
});

const cameraKey = 'camera';
/** What the network sees of more is not worth the wait; a camera that has less gives what it has. */
const wished = { width: { ideal: 1280 }, height: { ideal: 960 } };
/** TypeScript's library does not know it: pixels as the camera has them, not made larger or smaller, so that their size in µm holds. */
const unscaled = { resizeMode: { ideal: 'none' } } as MediaTrackConstraints;

let stream: MediaStream | undefined;
let asked = 0;

/** Args: id: of the camera; null: the one lent last, else any, on a phone the one at its back. */
export async function startCamera(id: string | null = null): Promise<void> {
  stopCamera('stopped');
  const mine = ++asked;
  if (!window.isSecureContext || !navigator.mediaDevices) {
    camera.value = { phase: 'failed', failure: 'insecure', message: '' };
    return;
  }
  camera.value = { phase: 'asking' };
  try {
    const last = id ?? remembered(cameraKey);
    const lend = (which: MediaTrackConstraints): Promise<MediaStream> => navigator.mediaDevices.getUserMedia({ audio: false, video: { ...which, ...wished, ...unscaled } });
    const any = { facingMode: { ideal: 'environment' } };
    const lent = await (last === null ? lend(any) : lend({ deviceId: { exact: last } }).catch((error: unknown) => {
      // The one lent last is not there any more: then another.
      if (id !== null || failureOf(error) !== 'none') throw error;
      return lend(any);
    }));
    const [track] = lent.getVideoTracks();
    // Nobody waits for it any more.
    if (mine !== asked || !track) return end(lent);
    stream = lent;
    track.addEventListener('ended', () => {
      if (mine === asked) stopCamera('gone');
    });
    video.srcObject = lent;
    await video.play();
    const given = track.getSettings().deviceId ?? '';
    const found = await navigator.mediaDevices.enumerateDevices();
    if (mine !== asked) return;
    remember(cameraKey, given === '' ? null : given);
    cameras.value = found.filter(({ kind }) => kind === 'videoinput').map(({ deviceId, label }) => ({ id: deviceId, label }));
    camera.value = { phase: 'on', id: given };
  } catch (error) {
    if (mine !== asked) return;
    stopCamera('stopped');
    camera.value = { phase: 'failed', failure: failureOf(error), message: messageOf(error) };
  }
}

function failureOf(error: unknown): CameraFailure {
  const name = error instanceof DOMException || error instanceof Error ? error.name : '';
  const known: Record<string, CameraFailure> = {
    NotAllowedError: 'refused', SecurityError: 'refused', NotFoundError: 'none', OverconstrainedError: 'none', NotReadableError: 'busy', AbortError: 'busy',
  };
  return known[name] ?? 'other';
}

/** Ends the camera's track, so that its light and the browser's sign go out. */
export function stopCamera(why: WhyOff): void {
  asked += 1;
  if (stream) end(stream);
  stream = undefined;
  video.srcObject = null;
  pictureSize.value = null;
  camera.value = { phase: 'off', why };
}

function end(lent: MediaStream): void {
  for (const track of lent.getTracks()) track.stop();
}
