/** Writes docs/third_party.md from the notices of the built site, dist/licences.md: `npm run build`, then `node scripts/third_party.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = (path: string): URL => new URL(`../${path}`, import.meta.url);

/** The list as a document, of the site as it was built last. */
export function thirdParty(): string {
  const notices = readFileSync(file('dist/licences.md'), 'utf8');
  const rows = [...notices.matchAll(/^## (.+?)(?: (\d[\d.]*))?\n\nLicence: (.+)$/gm)].map(([, name, version = '', licence]) => `| ${name} | ${version} | ${licence} |`);
  return `# What others made

Everything by others that is in the site, the command line and the package, as Debian 12 and \`package-lock.json\` have it; on another system the versions of its C and C++ are that system's. The notices themselves are in
\`licences.md\` of the site and the package, and on the page under *Licences of what is in it*. This list is written from there by \`node scripts/third_party.ts\`; a test compares them. Trained networks and data: see the [cards](../models/README.md).

| part | version | licence |
|---|---|---|
${rows.join('\n')}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(file('docs/third_party.md'), thirdParty());
