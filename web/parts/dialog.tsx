/** Modal panels; the browser keeps focus inside, closes them on Escape and gives focus back. */
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { words } from './words.ts';

type DialogName = 'model' | 'privacy' | 'keys' | 'use' | 'licences' | 'why' | 'about' | 'check' | 'file' | 'export' | 'project' | 'network';

export const dialog = signal<DialogName | null>(null);

export function openDialog(name: DialogName): void {
  dialog.value = name;
}

export function closeDialog(): void {
  dialog.value = null;
}

export function Dialog({ name, title, children }: { name: DialogName; title: string; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    element.current?.showModal();
    return () => opener instanceof HTMLElement && opener.focus();
  }, []);
  // The browser tells of Escape a little later, when another dialog may be open already.
  const onClose = (): void => {
    if (dialog.value === name) closeDialog();
  };
  const closeOnBackdrop = (event: MouseEvent): void => {
    if (event.target === element.current) closeDialog();
  };
  return (
    <dialog ref={element} aria-labelledby="dialog-title" data-testid={`${name}-dialog`} onClose={onClose} onClick={closeOnBackdrop}>
      <div class="dialog-body">
        <header>
          <h2 id="dialog-title">{title}</h2>
          <button type="button" onClick={closeDialog}>
            {words.close}
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
