/**
 * The environment of every program that this package starts as a helper of its own: a fixed path, and nothing that the
 * session of a person or a host could have put there.
 */
export const PROGRAM_ENVIRONMENT: Readonly<Record<'PATH' | 'LC_ALL', string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
};
