using System.Reflection.PortableExecutable;
using Hyperlight.Hypervisors.Whp.Surrogates;
using Hyperlight.Testing;
using PEMachine = System.Reflection.PortableExecutable.Machine;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp.Surrogates;

[Trait("Wine", "yes")]
public sealed class SurrogateProgramTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_program_of_the_sources_is_the_one_that_is_built()
    {
        byte[] built = SurrogateBuilder.Build();
        string made = Path.Combine(AppContext.BaseDirectory, "hyperlight-surrogate.exe");
        File.WriteAllBytes(made, built);
        using SurrogateProgram program = SurrogateProgram.Open(_folder.Path);

        Assert.True(
            built.AsSpan().SequenceEqual(File.ReadAllBytes(program.Path)),
            $"copy {made} to runtime/Hyperlight.Runtime/Hypervisors/Whp/Surrogates");
    }

    [Fact]
    public void The_program_is_small_and_needs_no_library()
    {
        using SurrogateProgram program = SurrogateProgram.Open(_folder.Path);
        using PEReader reader = new(File.OpenRead(program.Path));

        Assert.InRange(new FileInfo(program.Path).Length, 512, 2048);
        Assert.Equal(PEMachine.Amd64, reader.PEHeaders.CoffHeader.Machine);
        Assert.Equal(0, reader.PEHeaders.PEHeader!.ImportTableDirectory.Size);
        Assert.False(reader.HasMetadata);
    }

    [Fact]
    public void One_file_serves_all_who_open_it()
    {
        using SurrogateProgram first = SurrogateProgram.Open(_folder.Path);
        using SurrogateProgram second = SurrogateProgram.Open(_folder.Path);

        Assert.Equal(first.Path, second.Path);
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Threads_that_open_it_at_once_leave_one_file()
    {
        for (int round = 0; round < 20; round++)
        {
            string folder = Directory.CreateDirectory(Path.Combine(_folder.Path, $"{round}")).FullName;

            Parallel.For(0, 8, _ => SurrogateProgram.Open(folder).Dispose());

            Assert.Single(Directory.GetFiles(folder));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(-1)]
    public void A_file_of_another_content_is_left_alone(int length)
    {
        string path;
        byte[] content;
        using (SurrogateProgram first = SurrogateProgram.Open(_folder.Path))
        {
            path = first.Path;
            content = File.ReadAllBytes(path);
        }

        byte[] planted = length < 0 ? [.. content, 0] : content[..length];
        File.WriteAllBytes(path, planted);
        using SurrogateProgram second = SurrogateProgram.Open(_folder.Path);

        Assert.NotEqual(path, second.Path);
        Assert.Equal(content, File.ReadAllBytes(second.Path));
        Assert.Equal(planted, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_HL5007()
    {
        string folder = Path.Combine(_folder.Path, "none");

        HypervisorException refusal = Assert.Throws<HypervisorException>(() => SurrogateProgram.Open(folder));

        Assert.Equal(Rules.SurrogateFailed, refusal.Finding?.Rule);
        Assert.Contains(folder, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_changes_the_file_while_it_is_in_use()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "needs Windows or Wine");
        using SurrogateProgram program = SurrogateProgram.Open(_folder.Path);

        Assert.ThrowsAny<IOException>(() => File.WriteAllBytes(program.Path, []));
        Assert.ThrowsAny<IOException>(() => File.Delete(program.Path));
    }
}
