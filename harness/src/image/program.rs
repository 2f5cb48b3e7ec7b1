//! The program as an image needs it: what the kernel maps, without what only a debugger reads.

/// Why a program cannot be the whole of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It loads libraries of its machine.
    #[error(
        "it is linked dynamically; build it with the repository's .cargo/config.toml, or with RUSTFLAGS=\"-C target-feature=+crt-static\""
    )]
    Dynamic,
    /// It is no program that these containers run.
    #[error("it is no 64-bit little-endian ELF program; build tenantbench for the nodes' Linux")]
    NotElf,
    /// Its headers point outside of it.
    #[error("its file is cut short; build it again")]
    Torn,
}

/// Type of the program header that names a dynamic linker.
const PT_INTERP: u32 = 3;

/// Cuts off everything that no segment holds, which is symbols and line tables: of a development build four fifths.
/// Backtraces inside containers then have addresses only.
pub(super) fn essence(mut elf: Vec<u8>) -> Result<Vec<u8>, Unfit> {
    // Magic, 64 bits, little-endian.
    if !elf.starts_with(b"\x7fELF\x02\x01") {
        return Err(Unfit::NotElf);
    }
    let table = long(&elf, 0x20)?;
    let (size, count) = (usize::from(short(&elf, 0x36)?), usize::from(short(&elf, 0x38)?));
    let mut end = table + size * count;
    for header in (0..count).map(|index| table + index * size) {
        if word(&elf, header)? == PT_INTERP {
            return Err(Unfit::Dynamic);
        }
        end = end.max(long(&elf, header + 0x08)?.saturating_add(long(&elf, header + 0x20)?));
    }
    if end > elf.len() {
        return Err(Unfit::Torn);
    }
    elf.truncate(end);
    // Where sections are described, how many there are, and which has their names: there are none any more.
    for field in [0x28..0x30, 0x3c..0x40] {
        elf.get_mut(field).ok_or(Unfit::Torn)?.fill(0);
    }
    Ok(elf)
}

fn bytes<const N: usize>(elf: &[u8], at: usize) -> Result<[u8; N], Unfit> {
    let end = at.checked_add(N).ok_or(Unfit::Torn)?;
    elf.get(at..end).and_then(|slice| slice.try_into().ok()).ok_or(Unfit::Torn)
}

fn short(elf: &[u8], at: usize) -> Result<u16, Unfit> {
    bytes(elf, at).map(u16::from_le_bytes)
}

fn word(elf: &[u8], at: usize) -> Result<u32, Unfit> {
    bytes(elf, at).map(u32::from_le_bytes)
}

fn long(elf: &[u8], at: usize) -> Result<usize, Unfit> {
    usize::try_from(u64::from_le_bytes(bytes(elf, at)?)).map_err(|_| Unfit::Torn)
}
