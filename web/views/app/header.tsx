import { openDialog } from '../../parts/dialog.tsx';
import { ModelChip } from '../../parts/model_chip.tsx';
import { progress } from '../../state/images.ts';
import { theme, type Theme } from '../../state/view.ts';

const themes: { value: Theme; word: string }[] = [
  { value: 'system', word: 'System' },
  { value: 'light', word: 'Light' },
  { value: 'dark', word: 'Dark' },
];

export function Header({ inert }: { inert: boolean }) {
  return (
    <header class="page-header" inert={inert}>
      <p class="wordmark">
        <img src="icons/cytodrop.svg" alt="" width="24" height="24" />
        Cytodrop
      </p>
      {progress.value.total > 0 && <ModelChip />}
      <span class="spacer" />
      <label class="theme small">
        Theme
        <select value={theme.value} onChange={(event) => (theme.value = event.currentTarget.value as Theme)}>
          {themes.map(({ value, word }) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <button type="button" class="quiet keys-button" aria-keyshortcuts="?" onClick={() => openDialog('keys')}>
        Keys
      </button>
    </header>
  );
}
