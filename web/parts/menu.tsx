/** A button that opens a small panel beneath it, with what is done once in a while. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

interface MenuProps {
  name: string;
  word: string;
  /** Something in it is in force that one should know of. */
  marked?: boolean;
  children: ComponentChildren;
}

/** Closes by Escape, by a press or the focus elsewhere, and by any button in it; choices and boxes leave it open. */
export function Menu({ name, word, marked = false, children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    if (!open) return;
    const off = new AbortController();
    const leave = (event: Event): void => {
      if (!whole.current?.contains(event.target as Node)) setOpen(false);
    };
    for (const kind of ['pointerdown', 'focusin']) document.addEventListener(kind, leave, { signal: off.signal });
    return () => off.abort();
  }, [open]);
  return (
    <div
      class="menu" ref={whole}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        event.preventDefault();
        event.stopPropagation();
        setOpen(false);
        button.current?.focus();
      }}
    >
      <button type="button" ref={button} data-testid={`menu-${name}`} data-marked={marked} aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        {word}
        <span aria-hidden="true"> ▾</span>
      </button>
      <div
        class="menu-panel" id={id} hidden={!open}
        onClick={(event) => {
          if (!(event.target as Element).closest('button')) return;
          setOpen(false);
          // A dialog that opens now gives the focus back to what can be seen then.
          button.current?.focus();
        }}
      >
        {children}
      </div>
    </div>
  );
}
