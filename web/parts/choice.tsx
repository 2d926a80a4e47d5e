/** A few things of which one is chosen, side by side. */

interface ChoiceProps<Value extends string> {
  name: string;
  label: string;
  value: Value;
  words: Record<Value, string>;
  onChoose: (value: Value) => void;
}

export function Choice<Value extends string>({ name, label, value, words, onChoose }: ChoiceProps<Value>) {
  return (
    <fieldset class="choice">
      <legend class="visually-hidden">{label}</legend>
      {(Object.keys(words) as Value[]).map((one) => (
        <label key={one}>
          <input type="radio" name={name} value={one} data-testid={`${name}-${one}`} checked={one === value} onChange={() => onChoose(one)} />
          <span>{words[one]}</span>
        </label>
      ))}
    </fieldset>
  );
}
