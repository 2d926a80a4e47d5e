/** Files that gave no result: name, reason, what to do. Closed at first, so that it stays out of the way. */
import { useState } from 'preact/hooks';
import { unread } from '../../state/images.ts';
import { words } from './words.tsx';

const atFirst = 200;

export function UnreadFiles() {
  const [all, setAll] = useState(false);
  const files = unread.value;
  if (files.length === 0) return null;
  return (
    <details class="unread" data-testid="unread">
      <summary>{words.unread.title(files.length)}</summary>
      <ul tabIndex={0} aria-label={words.unread.list}>
        {files.slice(0, all ? undefined : atFirst).map(({ index, path, code, message, advice }) => (
          <li key={index} data-testid="cell-card" data-status="error" data-file={path} data-code={code} data-index={index}>
            <span class="path">{path}</span>
            <span>{message}</span>
            <span class="muted">{advice}</span>
          </li>
        ))}
      </ul>
      {!all && files.length > atFirst && (
        <button type="button" onClick={() => setAll(true)}>
          {words.unread.showAll(files.length)}
        </button>
      )}
    </details>
  );
}
