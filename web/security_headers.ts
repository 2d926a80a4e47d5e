/** The headers that every response carries: the page's own, its workers', and those of files that are not there. */

const policy = {
  'default-src': "'none'",
  'script-src': "'self' 'wasm-unsafe-eval'",
  'connect-src': "'self'",
  'worker-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' blob:",
  'manifest-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};

export const contentSecurityPolicy = Object.entries(policy).map(([name, sources]) => `${name} ${sources}`).join('; ');

/** For the page's own <meta>, where a server sends no headers; browsers complain about frame-ancestors there. */
export const metaContentSecurityPolicy = contentSecurityPolicy.replace(/; frame-ancestors [^;]*/, '');

/** Nothing that the page does needs any of these; `=()` is for no one. A short list, since every response carries it. The camera, which a person may turn on, is for this page's own documents alone. */
const unusedFeatures = [
  'microphone', 'display-capture', 'geolocation', 'usb', 'serial', 'hid', 'midi', 'local-fonts',
  // For these the browser itself asks the site that a script names, past every Content Security Policy.
  'payment', 'publickey-credentials-get', 'publickey-credentials-create',
];

export const securityHeaders: Record<string, string> = {
  'Content-Security-Policy': contentSecurityPolicy,
  // What a Content Security Policy leaves open: going to another address, connecting ahead of need, WebRTC. Chromium from 152 on.
  'Connection-Allowlist': '(response-origin);webrtc=block',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-DNS-Prefetch-Control': 'off',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': ['camera=(self)', ...unusedFeatures.map((feature) => `${feature}=()`)].join(', '),
};
