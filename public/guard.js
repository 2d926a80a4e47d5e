/*
 * Takes away what the headers cannot forbid in every browser: connections to other computers by WebRTC, and leaving for another
 * site with something in the address. Loaded before everything else; nothing of Cytodrop needs any of it.
 */
'use strict';

for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'mozRTCPeerConnection', 'RTCIceTransport', 'RTCDtlsTransport']) {
  if (name in window) Object.defineProperty(window, name, { value: undefined, writable: false, configurable: false });
}
Object.defineProperty(window, 'open', { value: () => null, writable: false, configurable: false });
const isElsewhere = (address) => new URL(address, location.href).origin !== location.origin;
window.navigation?.addEventListener('navigate', (event) => {
  if (isElsewhere(event.destination.url)) event.preventDefault();
});
// Of what leaves the page, browsers without that interface let only a press on a link be cancelled.
window.addEventListener('click', (event) => {
  const link = event.composedPath().find((element) => element instanceof HTMLAnchorElement || element instanceof HTMLAreaElement);
  if (link?.href && isElsewhere(link.href) && !/^(blob|data):/.test(link.href)) event.preventDefault();
}, true);
