/** What is in a file beside its pixels: shown on demand, as text, and nowhere else. */
import { useEffect, useState } from 'preact/hooks';
import { type FileContent, fileFactsOf, type FileTag, groupsOf, identifyingWords, markWords, staysHere } from '../../../src/js/index.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { FactList } from '../../parts/fact_list.tsx';
import { formatBytes } from '../../parts/words.ts';
import { contentOf } from '../../state/asking.ts';
import { files } from '../../state/images.ts';
import { messageOf } from '../../state/notice.ts';
import { currentFrame } from '../../state/view.ts';
import { words } from './words.ts';

/** Reads the file when it is first shown. `more`: what else the caller knows of it. */
export function FileContents({ position, more = [] }: { position: number; more?: readonly (readonly [string, string])[] }) {
  const [content, setContent] = useState<FileContent | { message: string } | null>(null);
  useEffect(() => {
    let current = true;
    setContent(null);
    contentOf(position).catch((error: unknown) => ({ message: messageOf(error) })).then((found) => current && setContent(found));
    return () => void (current = false);
  }, [position]);
  const image = files.value[position];
  const own: [string, string][] = image ? [[words.file.path, image.path], ...(image.file ? [[words.file.size, formatBytes(image.file.size)], ...(image.file.lastModified > 0 ? [[words.file.changed, new Date(image.file.lastModified).toLocaleString()]] : [])] as [string, string][] : [])] : [];
  const facts = content && 'tags' in content ? (fileFactsOf(content) ?? [[words.file.notRead, content.problem]]) : [];
  return (
    <div class="file-contents" data-testid="file-contents" data-tags={content && 'tags' in content ? content.tags.length : undefined}>
      <p class="small stays-here">{staysHere}</p>
      <FactList class="small" facts={[...own, ...facts, ...more]} />
      {content === null && <p class="small muted">{words.file.reading}</p>}
      {content && 'message' in content && <p class="small warning">{content.message}</p>}
      {content && 'tags' in content && <Tags content={content} />}
    </div>
  );
}

function Tags({ content }: { content: FileContent }) {
  return (
    <>
      <p class="small">{identifyingWords(content)}</p>
      {content.notes.map((note) => (
        <p key={note} class="small muted">
          {note}
        </p>
      ))}
      {groupsOf(content).map(([group, tags]) => (
        <section key={group} aria-label={words.file.tagsOf(group)}>
          <h4>{group}</h4>
          <dl class="small tags">
            {tags.map((tag, i) => (
              <TagRow key={i} tag={tag} />
            ))}
          </dl>
        </section>
      ))}
    </>
  );
}

function TagRow({ tag: { name, value, mark } }: { tag: FileTag }) {
  return (
    <div data-mark={mark}>
      <dt>
        {name}
        {mark !== '' && (
          <span class="mark">
            <span aria-hidden="true">⚑ </span>
            {markWords[mark]}
          </span>
        )}
      </dt>
      {/* A file decides how this text runs; it shall not decide how the page does. */}
      <dd dir="auto">{value}</dd>
    </div>
  );
}

/** Of the frame looked at. */
export function FileDialog() {
  const frame = currentFrame.value;
  return (
    <Dialog name="file" title={words.file.title}>
      {frame === null ? <p class="muted">{words.file.noFrame}</p> : <FileContents position={frame} />}
    </Dialog>
  );
}
