/** Names with their values, as in a model's card or a file's facts. */

export function FactList({ facts, class: className }: { facts: readonly (readonly [string, string])[]; class?: string }) {
  return (
    <dl class={className}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
