/** The files of docs/migration.md, as a shell takes them, with doubles of rc.subr(8) and daemon(8). */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, suite } from '../_support/suite.js';
import { temporaryFolder } from '../_support/temporary-folder.js';

function block(name: string): string {
  const page = readFileSync('docs/migration.md', 'utf8');
  const text = new RegExp(`^\`\`\`(?:sh|text) ${name}\\n(.*?)^\`\`\`$`, 'ms').exec(page)?.[1];
  if (text === undefined) throw new Error(`docs/migration.md has no ${name}`);
  return text;
}

/** What run_rc_command does with the variables, as rc.subr(8) describes it, and nothing else of it. */
const RC_SUBR = `
load_rc_config() { [ ! -r "$RC_CONF" ] || . "$RC_CONF"; }
run_rc_command() {
  case "$1" in
  rcvar) eval "echo \\"$rcvar=\\\${$rcvar}\\"" ;;
  reload) $reload_cmd ;;
  start)
    case "$hv_kvp_daemon_enable" in [Yy][Ee][Ss]) ;; *) echo "$name is not enabled"; return 0 ;; esac
    $command $hv_kvp_daemon_flags $command_args ;;
  esac
}
`;

function rcScript(command: string, rcConf = ''): string {
  const folder = temporaryFolder();
  const write = (name: string, text: string) => {
    mkdirSync(join(folder, 'bin'), { recursive: true });
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
    return join(folder, name);
  };
  const rcSubr = write('rc.subr', RC_SUBR);
  const daemon = write('bin/daemon', '#!/bin/sh\nfor word; do echo "$word"; done\n');
  write('child.pid', '4711\n');
  // Which signal goes where, without sending one.
  const script = write(
    'hv_kvp_daemon',
    block('rc.d/hv_kvp_daemon')
      .replaceAll('/etc/rc.subr', rcSubr)
      .replaceAll('/usr/sbin/daemon', daemon)
      .replace(/^child_pidfile=.*$/m, `child_pidfile=${folder}/child.pid\nkill() { echo "kill $*"; }`),
  );
  const options = { encoding: 'utf8', env: { PATH: '/usr/bin:/bin', RC_CONF: write('rc.conf', rcConf) } } as const;
  return execFileSync('sh', [script, command], options);
}

suite('FreeBSD packaging', ({ test }) => {
  test('the rc script is a shell script, and says what rcorder(8) reads', () => {
    const text = block('rc.d/hv_kvp_daemon');
    execFileSync('sh', ['-n', '-c', text]);
    assert.match(text, /^#!\/bin\/sh\n/);
    for (const line of ['# PROVIDE: hv_kvp_daemon', '# REQUIRE: NETWORKING', '# KEYWORD: shutdown'])
      assert.ok(text.includes(`\n${line}`), line);
  });

  test('it is off until rc.conf says otherwise', () => {
    assert.is(rcScript('rcvar').trim(), 'hv_kvp_daemon_enable=NO');
    assert.match(rcScript('start'), 'is not enabled');
  });

  test('daemon(8) gets its options, the daemon its own', () => {
    const started = rcScript('start', 'hv_kvp_daemon_enable="YES"\nhv_kvp_daemon_args="--net read"\n');
    const words = started.trim().split('\n');
    assert.equal(words.slice(0, 6), ['-r', '-R', '5', '-S', '-T', 'KVP']);
    assert.equal(words.slice(words.indexOf('/usr/local/bin/node')), [
      '/usr/local/bin/node',
      '/usr/local/bin/hv-kvp-daemon',
      '--no-daemon',
      '--wait',
      '--net',
      'read',
    ]);
  });

  test('reload reaches the daemon', () => {
    assert.is(rcScript('reload').trim(), 'kill -HUP 4711');
  });

  test('devd’s rules name the device, its two events, and come before the base system’s', () => {
    const rules = block('devd/hv-kvp.conf').split(/^};$/m).slice(0, 2);
    for (const [at, [type, action]] of [
      ['CREATE', 'quietstart'],
      ['DESTROY', 'quietstop'],
    ].entries()) {
      const rule = rules[at]!;
      assert.ok(Number(/notify (\d+) \{/.exec(rule)?.[1]) > 10);
      assert.match(rule, new RegExp(`match "type"\\s+"${type}";`));
      assert.match(rule, /match "cdev"\s+"hv_kvp_dev";/);
      assert.ok(rule.includes(`action "service hv_kvp_daemon ${action}";`), action);
    }
  });

  test('the options of the script are options of the daemon', () => {
    const said = execFileSync(process.execPath, ['dist/bin/hv-kvp-daemon.js', '--help'], { encoding: 'utf8' });
    for (const option of ['--no-daemon', '--wait', '--net']) assert.ok(said.includes(option), option);
  });
});
