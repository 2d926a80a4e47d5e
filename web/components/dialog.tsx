/** Modal panels; the browser keeps focus inside, closes them on Escape and gives focus back. */
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export const dialog = signal<'model' | 'privacy' | 'keys' | null>(null);

export function openDialog(name: 'model' | 'privacy' | 'keys'): void {
  dialog.value = name;
}

export function closeDialog(): void {
  dialog.value = null;
}

export function Dialog({ title, testId, children }: { title: string; testId: string; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    element.current?.showModal();
    return () => opener instanceof HTMLElement && opener.focus();
  }, []);
  const closeOnBackdrop = (event: MouseEvent): void => {
    if (event.target === element.current) closeDialog();
  };
  return (
    <dialog ref={element} aria-labelledby="dialog-title" data-testid={testId} onClose={closeDialog} onClick={closeOnBackdrop}>
      <div class="dialog-body">
        <header>
          <h2 id="dialog-title">{title}</h2>
          <button type="button" onClick={closeDialog}>
            Close
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
