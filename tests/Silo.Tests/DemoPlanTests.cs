using AgentStream.Silo.Demo;

namespace AgentStream.Silo.Tests;

public sealed class DemoPlanTests
{
    [Theory]
    [InlineData("what is 12*7?", "12*7")]
    [InlineData("what is 12 * 7 ?", "12 * 7")]
    [InlineData("3.5/2", "3.5/2")]
    [InlineData("Please work out 1+2.", "1+2")]
    [InlineData("what is -(3+4)*2?", "-(3+4)*2")]
    [InlineData("2*-3", "2*-3")]
    [InlineData("2+2=4, is it not", "2+2")]
    [InlineData("(what is 1+2)", "1+2")]
    [InlineData("(1+2 is what?)", "1+2")]
    [InlineData("((1+2)*3) please", "((1+2)*3)")]
    public void Arithmetic_is_found_in_a_prompt(string prompt, string expression) =>
        Assert.Equal([DemoCall.Calculate(expression)], DemoPlan.Read(prompt).Calls);

    [Theory]
    [InlineData("hello")]
    [InlineData("what is -5?")]
    [InlineData("is gpt-4 better than v1.2?")]
    [InlineData("either/or - and 7")]
    [InlineData("- 5\n- 6")]
    [InlineData("since 2026-11-22")]
    [InlineData("1,000*2")]
    [InlineData("12*7kg")]
    [InlineData("count to 10")]
    [InlineData("think 5 - count to 10")]
    [InlineData("sometimes real-time is no pastime, and time-outs are bedtimes; three times four")]
    public void What_only_looks_like_it_calls_no_tool(string prompt) => Assert.Empty(DemoPlan.Read(prompt).Calls);

    [Theory]
    [InlineData("delete my notes")]
    [InlineData("Please DELETE all my notes!")]
    [InlineData("delete the notes, then")]
    public void Notes_are_deleted_by_a_tool(string prompt) => Assert.Equal([DemoCall.DeleteNotes], DemoPlan.Read(prompt).Calls);

    [Theory]
    [InlineData("what time is it?")]
    [InlineData("TIME")]
    [InlineData("the (time), please")]
    public void The_word_time_asks_for_the_time(string prompt) => Assert.Equal([DemoCall.Time], DemoPlan.Read(prompt).Calls);

    [Theory]
    [InlineData("where am I?", "get_location")]
    [InlineData("so, Where  am i", "get_location")]
    [InlineData("please use pick_color", "pick_color")]
    public void What_only_the_client_can_do_is_asked_of_it(string prompt, string tool) =>
        Assert.Equal([DemoCall.Of(tool)], DemoPlan.Read(prompt, new HashSet<string> { "pick_color" }).Calls);

    [Theory]
    [InlineData("use other_tool")]
    [InlineData("reuse pick_color")]
    public void What_the_client_does_not_have_is_not_asked_of_it(string prompt) =>
        Assert.Empty(DemoPlan.Read(prompt, new HashSet<string> { "pick_color" }).Calls);

    [Fact]
    public void One_prompt_can_ask_for_several_tools_within_bounds()
    {
        Assert.Equal([DemoCall.Calculate("1+2"), DemoCall.Calculate("3*4"), DemoCall.Time], DemoPlan.Read("1+2 and 3*4, and the time").Calls);
        Assert.Equal(DemoPlan.MaxCalls, DemoPlan.Read(string.Join(" and ", Enumerable.Repeat("1+2", 50))).Calls.Count);
    }

    [Theory]
    [InlineData("count to 10", null, 10)]
    [InlineData("Count  to 100000", null, 100_000)]
    [InlineData("count to 1,000, please", null, 1000)]
    [InlineData("think 5 count to 10", 5, 10)]
    [InlineData("think 20 then count to 3", 20, 3)]
    [InlineData("Think for 7", 7, null)]
    [InlineData("I think 5 is enough", 5, null)]
    [InlineData("account to 5, rethink 5", null, null)]
    [InlineData("what do you think?", null, null)]
    public void Amounts_are_read(string prompt, int? think, int? count)
    {
        var plan = DemoPlan.Read(prompt);
        Assert.Equal((think, count, null), (plan.Think, plan.CountTo, plan.Refusal));
    }

    [Theory]
    [InlineData("count to 0")]
    [InlineData("count to 100001")]
    [InlineData("think 99999999999999999999")]
    public void Amounts_out_of_range_are_refused(string prompt)
    {
        var plan = DemoPlan.Read(prompt);
        Assert.Equal((null, null), (plan.Think, plan.CountTo));
        Assert.Contains("1 to 100000", plan.Refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fail", true)]
    [InlineData("Please FAIL!", true)]
    [InlineData("failure", false)]
    [InlineData("it fails", false)]
    [InlineData("a fail-safe design", false)]
    public void Only_the_word_fail_fails(string prompt, bool fails) => Assert.Equal(fails, DemoPlan.Read(prompt).Fails);

    [Fact]
    public void A_prompt_as_long_as_can_be_is_read_quickly()
    {
        var plan = DemoPlan.Read("count to 3 " + string.Concat(Enumerable.Repeat("((((- ", 160_000)));
        Assert.Equal(3, plan.CountTo);
    }
}
