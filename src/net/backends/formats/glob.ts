/** Interface names by the globs of shells: * ? [a-z] [!a-z]. */

export const matchesGlob = (glob: string, name: string): boolean => globPattern(glob).test(name);

function globPattern(glob: string): RegExp {
  const source = glob.replace(/\*+|\[!?[^\]]+\]|[\s\S]/g, (part) => {
    if (part.startsWith('*')) return '.*';
    if (part === '?') return '.';
    if (part.length > 1)
      return `[${part[1] === '!' ? '^' : ''}${part.slice(part[1] === '!' ? 2 : 1, -1).replace(/[\\^[]/g, '\\$&')}]`;
    return part.replace(/[\\^$.*+?()[\]{}|]/, '\\$&');
  });
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    // A range that runs backwards matches nothing.
    return /[^\s\S]/;
  }
}
