/** What a person reads on the page lives in one file a view, `words.ts` or `words.tsx`, where a translator finds it: nothing of it stands between the tags. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseSync } from '@swc/core';

const web = fileURLToPath(new URL('../../web', import.meta.url));

interface Node { type: string; [field: string]: unknown }

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && typeof (value as Partial<Node>).type === 'string';
const hasWord = (text: string): boolean => /\p{L}{2}/u.test(text);
/** A sentence, or most of one; names of classes, hooks and events have no spaces, lists of them no capital and no mark. */
const isSentence = (text: string): boolean => /^\p{Lu}\p{Ll}*[ ,]+\S+ \S+/u.test(text.trim()) || /\p{Ll} \p{Ll}+.*[.,:;?]$/u.test(text.trim());
const readAttributes = new Set(['title', 'label', 'placeholder', 'alt', 'words', 'aria-label', 'aria-valuetext', 'aria-description', 'aria-roledescription']);

/** The words of a source that stand outside a file of words. */
function wordsIn(source: string): string[] {
  const found: string[] = [];
  const walk = (value: unknown, read: boolean): void => {
    if (Array.isArray(value)) return value.forEach((each) => walk(each, read));
    if (typeof value !== 'object' || value === null) return;
    if (isNode(value)) {
      switch (value.type) {
        case 'ImportDeclaration': case 'ExportAllDeclaration': case 'TsLiteralType': return;
        case 'ThrowStatement': return;
        case 'JSXText': if (hasWord(value['value'] as string)) found.push((value['value'] as string).trim()); return;
        case 'JSXAttribute': {
          const { type, value: name, namespace, name: local } = value['name'] as { type: string; value?: string; namespace?: { value: string }; name?: { value: string } };
          const full = type === 'JSXNamespacedName' ? `${namespace?.value}-${local?.value}` : (name ?? '');
          return walk(value['value'], readAttributes.has(full));
        }
        // What is compared or looked up is not shown.
        case 'BinaryExpression': if (value['operator'] !== '+' && value['operator'] !== '&&' && value['operator'] !== '||' && value['operator'] !== '??') return walk([value['left'], value['right']].filter((side) => isNode(side) && side.type !== 'StringLiteral'), false); break;
        case 'CallExpression': walk(value['callee'], false); return walk(value['arguments'], false);
        case 'JSXElement': walk((value['opening'] as Node)['attributes'], false); return walk(value['children'], true);
        case 'JSXFragment': return walk(value['children'], true);
        case 'ArrowFunctionExpression': case 'FunctionExpression': return walk(value['body'], false);
        case 'StringLiteral': if (read ? hasWord(value['value'] as string) : isSentence(value['value'] as string)) found.push(value['value'] as string); return;
        case 'TemplateElement': if (read ? hasWord(value['raw'] as string) : isSentence(value['raw'] as string)) found.push(value['raw'] as string); return;
      }
    }
    for (const each of Object.values(value)) walk(each, read);
  };
  walk(parseSync(source, { syntax: 'typescript', tsx: true }).body, false);
  return found;
}

test('words between tags, in the attributes that are read, and sentences in code are found; names are not', () => {
  const found = wordsIn(`
    import x from 'Some three words';
    const a = <p class="muted" data-testid="hook" title="Shown">Some text {n} {on ? 'on' : 'off'} {kind === 'frames' && <b aria-label={\`\${n} cells\`} />} · {n}</p>;
    notice.value = 'The file could not be read.';
    on('pointer-down', 'a b');`);
  assert.deepEqual(found.sort(), ['Shown', 'Some text', ' cells', 'off', 'on', 'The file could not be read.'].sort());
});

test('what a person reads lives in the file of words of its view', () => {
  const sources = readdirSync(web, { recursive: true, encoding: 'utf8' }).filter((path) => /\.tsx?$/.test(path) && !/(^|\/)words\.tsx?$/.test(path));
  assert.ok(sources.length > 50);
  const found = sources.flatMap((path) => wordsIn(readFileSync(`${web}/${path}`, 'utf8')).map((words) => `${path}: ${words}`));
  assert.deepEqual(found, []);
});
