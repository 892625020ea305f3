using Hyperlight.SourceLines;
using Hyperlight.Symbols;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.SourceLines;

/// <summary>Tests the names that functions of Rust have in source maps.</summary>
public sealed class RustNamesTests
{
    private const long MostBytes = 1 << 20;
    private const int Rounds = 200;
    private const string Guest = "CskU4Fx2zHpa2_9big_guest";
    private const string Core = "CsgEmfK2I1SDS_4core";
    private const string Hash = "17h0123456789abcdefE";

    // Symbols that rustc 1.95 has written. c++filt of GNU binutils 2.40 prints the same texts, with lifetimes and without Punycode, and
    // rustc's nightly of May 2026 wrote those that have a hash.
    public static TheoryData<string, string> Names => new()
    {
        { "_RNvCs528jYvF86Rn_9big_guest4spin", "big_guest::spin" },
        { "_RNvCs528jYvF86Rn_9big_guest4spin.llvm.6273098123971", "big_guest::spin" },
        { "_RNvCs528jYvF86Rn_9big_guest4spin$tlv$init", "big_guest::spin" },
        { "_RNvCsfLfy6EI15iL_7___rustc12___rust_alloc", "__rustc::__rust_alloc" },
        { $"_RNCNv{Guest}3run0B3_", "big_guest::run::{closure#0}" },
        { $"_RNCNCNv{Guest}3runs_00B5_", "big_guest::run::{closure#1}::{closure#0}" },
        { $"_RNSNv{Guest}7tracked5reifyB3_", "big_guest::tracked::{shim:reify#0}" },
        { $"_RNvNtNt{Guest}4deepu9gre_6ka8iu6n84amf", "big_guest::deep::gre_6ka8i::n84amf" },
        { $"_RNvMs_{Guest}NtB4_6Widget3new", "<big_guest::Widget>::new" },
        { $"_RNvMNvNt{Guest}4deep5outerNtB2_5Local2go", "<big_guest::deep::outer::Local>::go" },
        { $"_RNvX{Guest}NtB2_6WidgetNtNt{Core}3fmt7Display3fmt", "<big_guest::Widget as core::fmt::Display>::fmt" },
        { $"_RNvYNt{Guest}6WidgetNtB4_5Shape5twiceB4_", "<big_guest::Widget as big_guest::Shape>::twice" },
        {
            $"_RNCNvXs1_{Guest}INtNt{Core}6option6OptionNtB7_6WidgetENtB7_5Shape4area0B7_",
            "<core::option::Option<big_guest::Widget> as big_guest::Shape>::area::{closure#0}"
        },
        { $"_RINv{Guest}4callNCNvB2_3run0EB2_", "big_guest::call::<big_guest::run::{closure#0}>" },
        { $"_RINv{Guest}7genericAyj3_EB2_", "big_guest::generic::<[u64; 3]>" },
        { $"_RINv{Guest}7genericReEB2_", "big_guest::generic::<&str>" },
        { $"_RINv{Guest}7genericQxEB2_", "big_guest::generic::<&mut i64>" },
        { $"_RINv{Guest}7genericThdfEEB2_", "big_guest::generic::<(u8, f64, f32)>" },
        { $"_RINv{Guest}7nothingFEzEB2_", "big_guest::nothing::<fn() -> !>" },
        { $"_RINv{Guest}7nothingFUKChvEuEB2_", "big_guest::nothing::<unsafe extern \"C\" fn(u8, ...)>" },
        { $"_RINv{Guest}7nothingFK8C_unwindEuEB2_", "big_guest::nothing::<extern \"C-unwind\" fn()>" },
        { $"_RNvXsb_{Guest}FG0_RL1_hQL0_tEReNtB5_5Shape4area", "<fn(&u8, &mut u16) -> &str as big_guest::Shape>::area" },
        { $"_RNvXs5_{Guest}ThENtB5_5Shape4area", "<(u8,) as big_guest::Shape>::area" },
        { $"_RNvXs6_{Guest}uNtB5_5Shape4area", "<() as big_guest::Shape>::area" },
        { $"_RNvXs7_{Guest}PhNtB5_5Shape4area", "<*const u8 as big_guest::Shape>::area" },
        { $"_RNvXs8_{Guest}OeNtB5_5Shape4area", "<*mut str as big_guest::Shape>::area" },
        { $"_RNvXs2_{Guest}RShNtB5_5Shape4area", "<&[u8] as big_guest::Shape>::area" },
        { $"_RNvMs2_{Guest}INtB5_4ViewL_hE4next", "<big_guest::View<'_, u8>>::next" },
        { $"_RNvMs2_{Guest}INtB5_5TablepKpE4next", "<big_guest::Table<_, _>>::next" },
        {
            $"_RNvXsc_{Guest}DNtNt{Core}3fmt5DebugNtNtBy_6marker4SendEL_NtB5_5Shape4area",
            "<dyn core::fmt::Debug + core::marker::Send as big_guest::Shape>::area"
        },
        {
            $"_RNvXse_{Guest}DNtNtNtNt{Core}4iter6traits8iterator8Iteratorp4ItemhEL_NtB5_5Shape4area",
            "<dyn core::iter::traits::iterator::Iterator<Item = u8> as big_guest::Shape>::area"
        },
        {
            $"_RINv{Guest}7nothingDG_INtNtNt{Core}3ops8function2FnTRL0_hEEp6OutputRL0_eEL_EB2_",
            "big_guest::nothing::<dyn core::ops::function::Fn<(&u8,), Output = &str>>"
        },
        { $"_RNvMsg_{Guest}INtB5_4GridKj3_Kan5_Kb1_Kc78_E5cellsB5_", "<big_guest::Grid<3, -5, true, 'x'>>::cells" },
        { $"_RNvMsg_{Guest}INtB5_4GridKj0_Ka7f_Kb0_Kca_E5cellsB5_", @"<big_guest::Grid<0, 127, false, '\u{a}'>>::cells" },
        {
            $"_RNvMsg_{Guest}INtB5_4GridKoffffffffffffffffffffffffffffffff_Kan80_Kb0_Kce9_E5cellsB5_",
            @"<big_guest::Grid<340282366920938463463374607431768211455, -128, false, '\u{e9}'>>::cells"
        },
        { $"_ZN9big_guest4spin{Hash}", "big_guest::spin" },
        { $"_ZN9big_guest4spin{Hash}.llvm.6273098123971", "big_guest::spin" },
        { $"_ZN9big_guest3run28_$u7b$$u7b$closure$u7d$$u7d${Hash}", "big_guest::run::{{closure}}" },
        {
            $"_ZN56_$LT$big_guest..Widget$u20$as$u20$core..fmt..Display$GT$3fmt{Hash}",
            "<big_guest::Widget as core::fmt::Display>::fmt"
        },
        { $"_ZN53_$LT$$RF$$u5b$u8$u5d$$u20$as$u20$big_guest..Shape$GT$4area{Hash}", "<&[u8] as big_guest::Shape>::area" },
        { $"_ZN54_$LT$$LP$u8$C$i128$RP$$u20$as$u20$big_guest..Shape$GT$4area{Hash}", "<(u8,i128) as big_guest::Shape>::area" },
        { $"_ZN52_$LT$$BP$mut$u20$str$u20$as$u20$big_guest..Shape$GT$4area{Hash}", "<*mut str as big_guest::Shape>::area" },
        { $"_ZN9big_guest4deep13gr$uf6$$udf$e15_$u94c1$$u9508${Hash}", "big_guest::deep::größe::铁锈" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void A_function_of_Rust_is_called_as_its_author_calls_it(string symbol, string name) =>
        Assert.Equal(name, RustNames.Read(symbol));

    [Theory]
    [InlineData("")]
    [InlineData("main")]
    [InlineData("_R")]
    [InlineData("_Raise")]
    [InlineData("_RNvC3app")]
    [InlineData("_RNvC3app9run")]
    [InlineData("_RNvC3appx3run")]
    [InlineData("_RNvC3app3run?")]
    [InlineData("_RNvC3app3runé")]
    [InlineData("_R0NvC3app3run")]
    [InlineData("_RBr_")]
    [InlineData("_RNvB_3run")]
    [InlineData("_RNvB9_3run")]
    [InlineData("_RNvMC3appB7_3run")]
    [InlineData("_RNvMC3appTBb_hE3run")]
    [InlineData("_RNvMC3appTB2_B8_E3run")]
    [InlineData("_RNvMC3appg3run")]
    [InlineData("_RNvMC3appThB3run")]
    [InlineData("_RNvMC3appAhe0_3run")]
    [InlineData("_RNvMC3appAhj0g_3run")]
    [InlineData("_RNvMC3appAhj000000000000000000000000000000001_3run")]
    [InlineData("_RNvC3app99999999999999999999run")]
    [InlineData("_RNvCszzzzzzzzzzzzzzzzzzzzzzzzzzz_3app3run")]
    [InlineData("_RNvCs-_3app3run")]
    [InlineData("_ZN3app3runEv")]
    [InlineData("_ZNK3app3runEv")]
    [InlineData("_ZN3app3runE")]
    [InlineData("_ZN17h0123456789abcdefE")]
    [InlineData("_ZN3app3run17h0123456789abcdef")]
    [InlineData("_ZN3app3run17h0123456789abcdefEv")]
    [InlineData("_ZN3app3run17h0123456789ABCDEFE")]
    [InlineData("_ZN3app3run16h0123456789abcdeE")]
    [InlineData("_ZN3app99run17h0123456789abcdefE")]
    [InlineData("_ZN3app99999999999run17h0123456789abcdefE")]
    [InlineData("_ZN3app6$XY$ab17h0123456789abcdefE")]
    [InlineData("_ZN3app7$ud800$17h0123456789abcdefE")]
    [InlineData("_ZN3app3$LT17h0123456789abcdefE")]
    public void Another_symbol_stays_as_it_is(string symbol) => Assert.Equal(symbol, RustNames.Read(symbol));

    [Fact]
    public void A_long_name_has_no_generic_arguments()
    {
        string longType = $"INt{Guest}5Table{string.Concat(Enumerable.Repeat($"Nt{Guest}6Widget", 10))}E";

        Assert.Equal("<big_guest::Table<…>>::take::<…>", RustNames.Read($"_RINvM{Guest}{longType}4take{longType}E"));
    }

    [Fact]
    public void A_longer_name_ends_with_the_function()
    {
        string name = RustNames.Read($"_RNvNt{Guest}600{new string('m', 600)}4spin");

        Assert.Equal($"…{new string('m', SourceMapFormat.MostTextBytes - 9)}::spin", name);
        Assert.Equal(name, FunctionIn($"_RNvNt{Guest}600{new string('m', 600)}4spin"));
    }

    [Fact]
    public void A_function_in_a_source_map_has_its_name_of_Rust()
    {
        Assert.Equal("big_guest::spin", FunctionIn("_RNvCs528jYvF86Rn_9big_guest4spin"));
        Assert.Equal("spin", FunctionIn("spin"));
    }

    [Theory]
    [InlineData(150, true)]
    [InlineData(250, false)]
    [InlineData(4000, false)]
    public void A_type_in_many_types_is_not_read(int depth, bool isRead)
    {
        string symbol = $"_RNvMC3app{new string('P', depth)}h3run";

        Assert.Equal(isRead, RustNames.Read(symbol) != symbol);
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(12, false)]
    [InlineData(40, false)]
    public void A_type_that_doubles_itself_is_not_read(int times, bool isRead)
    {
        // The pairs are T T T … u B_ E B_ E, in which each reference is to the pair before.
        const string Start = "_RNvMC3app";
        IEnumerable<string> ends = Enumerable.Range(0, times).Select(index => $"B{Number(Start.Length - 2 + times - index)}_E");
        string symbol = $"{Start}{new string('T', times)}u{string.Concat(ends)}3run";
        long before = GC.GetAllocatedBytesForCurrentThread();

        string name = RustNames.Read(symbol);

        Assert.Equal(isRead, name.Contains("(((), ()), ((), ()))", StringComparison.Ordinal));
        Assert.Equal(isRead, name != symbol);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);

        static string Number(int value)
        {
            const string Digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
            return Digits[value - 1].ToString();
        }
    }

    [Fact]
    public void A_damaged_symbol_is_read_or_stays_as_it_is()
    {
        const string Letters = "_BCDEFGIKLMNPRSTUXYZabchijpsuz0123456789$.é\0";
        Random random = new(7);
        int read = 0, kept = 0;
        foreach (string symbol in Names.Select(row => row.Data.Item1))
        {
            for (int length = 0; length < symbol.Length; length++)
            {
                Try(symbol[..length]);
            }

            for (int round = 0; round < Rounds; round++)
            {
                char[] mutant = symbol.ToCharArray();
                for (int changes = random.Next(1, 4); changes > 0; changes--)
                {
                    mutant[random.Next(mutant.Length)] = Letters[random.Next(Letters.Length)];
                }

                Try(new(mutant));
            }
        }

        Assert.InRange(read, 1000, int.MaxValue);
        Assert.InRange(kept, 1000, int.MaxValue);

        void Try(string symbol)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            string name = RustNames.Read(symbol);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
            Assert.InRange(name.Length, 0, Math.Max(symbol.Length, SourceMapFormat.MostTextBytes));
            (read, kept) = name == symbol ? (read, kept + 1) : (read + 1, kept);
        }
    }

    private static string? FunctionIn(string symbol)
    {
        TestElf guest = TestElf.Amd64().WithText(0, 0x40).WithSymbol(symbol, 0x10, 4);
        return new GuestSources(GuestReport.OfReading(guest).Elf!).Find(0x12)?.Function;
    }
}
