/*
 * Takes away what the headers cannot forbid in every browser: connections to other computers by WebRTC, and leaving for another
 * site with something in the address. Loaded before everything else; nothing of Cytodrop needs any of it.
 */
'use strict';

for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'mozRTCPeerConnection', 'RTCIceTransport', 'RTCDtlsTransport']) {
  if (name in window) Object.defineProperty(window, name, { value: undefined, writable: false, configurable: false });
}
Object.defineProperty(window, 'open', { value: () => null, writable: false, configurable: false });
window.navigation?.addEventListener('navigate', (event) => {
  if (new URL(event.destination.url).origin !== location.origin) event.preventDefault();
});
