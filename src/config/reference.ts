// Prints docs/configuration.md from the schema, the table of codes and the reload classes, so that
// the page cannot say anything else than the program does.
import { configurationVersion } from './migrations.ts';
import { complaintCodes } from './complaint.ts';
import { type ConfigKey, type ConfigSection, configSections } from './keys.ts';
import { isReloadable } from './reload.ts';

/** The reference page in Markdown. */
export function configReference(): string {
  return [introduction, ...configSections().map(sectionText), exampleText, codesText(), '']
    .join('\n\n')
    .trimEnd()
    .concat('\n');
}

const introduction = `# Configuration reference

<!-- Printed by \`hotpair config reference\`; a test compares. Change src/config/schema.ts instead. -->

\`/etc/hotpair/hotpair.yaml\` is YAML 1.2 without anchors and aliases. Durations are whole numbers with
a unit: \`50ms\`, \`5s\`, \`10m\`, \`2h\`, \`1d\`. Unknown keys are refused.

\`hotpair config check FILE\` lists everything that is wrong with a file, with line and column, and exits
with 2 where the file cannot be used. \`hotpair config show\` prints the value of every key and where it
comes from. \`hotpair config schema\` prints a JSON Schema for editors.

The first line may be \`version: ${configurationVersion}\`, the version of the form of the file. A file without it is of version 0. Files of older
versions are read as they are; \`hotpair config migrate\` shows what they look like in the newest one, and writes it with
\`--write\`. A file of a newer version is refused, as after an update that was taken back.

The column "Reload" says whether SIGHUP takes a new value over; the others need a restart of the agent.
The hardware may settle some of the defaults, see the key board and [boards.md](boards.md).

The pair key is not part of this file: it stands in \`pair.keyFile\`, readable by root only.`;

function sectionText(section: ConfigSection): string {
  const texts = [`## ${section.name}`, section.facts.description];
  if (section.entries.length > 0) {
    const { allowed } = section.facts;
    if (allowed !== undefined) texts.push(`Allowed: ${allowed}.`);
    return [...texts, ...section.entries.map(sectionText)].join('\n\n');
  }
  return [...texts, ...(section.keys.length > 0 ? [keyTable(section)] : [])].join('\n\n');
}

function keyTable({ keys }: ConfigSection): string {
  return `| Key | Default | Allowed | Reload | Meaning |
| --- | --- | --- | --- | --- |
${keys.map(keyRow).join('\n')}`;
}

function keyRow(key: ConfigKey): string {
  const cells = [
    code(key.path),
    defaultText(key),
    key.choices?.map(code).join(', ') ?? key.facts.allowed ?? '',
    isReloadable(key.path) ? 'yes' : 'restart',
    key.facts.description,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function defaultText(key: ConfigKey): string {
  if (key.required) return key.facts.byBoard === true ? 'required, or from the board' : 'required';
  if (key.facts.derived !== undefined) return `derived: ${key.facts.derived}`;
  if (key.byDefault === undefined) return 'none';
  const text = typeof key.byDefault === 'string' ? key.byDefault : JSON.stringify(key.byDefault);
  return code(text);
}

function code(text: string): string {
  return `\`${text}\``;
}

const exampleText = `## Example

\`\`\`yaml
node:
  name: box-a
heartbeat:
  port: eth1
  address: 169.254.69.1/30
  peer: 169.254.69.2
service:
  port: eth0
  addresses: [192.0.2.10/24, 2001:db8::10/64]
  references: [192.0.2.1, 192.0.2.2]
database:
  settings:
    shared_buffers: 256MB
  hba:
    - host all all 192.0.2.0/24 scram-sha-256
services:
  redis:
    command: [/usr/bin/redis-server, /etc/redis/hotpair.conf]
    user: redis
    checks:
      - command: [/usr/bin/redis-cli, ping]
  kamailio:
    command: [/usr/sbin/kamailio, -DD, -E, -f, /etc/kamailio/kamailio.cfg]
    runs: primary
    after: [redis]
    user: kamailio
    checks:
      - sip: { address: service, port: 5060 }
        interval: 500ms
        timeout: 500ms
hooks:
  - name: redis-role
    command: [/usr/lib/hotpair/redis-role]
    on: [primary, standby]
    required: true
sync:
  recordings: { directory: /var/spool/recordings, interval: 5s }
panel: { driver: crystalfontz, device: /dev/ttyS1, model: '635' }
leds:
  box: { green: 'hotpair:green:box', red: 'hotpair:red:box' }
\`\`\``;

function codesText(): string {
  const rows = Object.entries(complaintCodes).map(([name, text]) => `| ${code(name)} | ${text} |`);
  return `## Complaints

The codes are stable. A warning never stops the agent from starting.

| Code | Meaning |
| --- | --- |
${rows.join('\n')}`;
}
