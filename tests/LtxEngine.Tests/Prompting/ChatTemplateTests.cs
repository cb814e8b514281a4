using LtxEngine.Prompting;

namespace LtxEngine.Tests.Prompting;

public sealed class ChatTemplateTests
{
    [Fact]
    public void The_system_text_opens_the_users_turn_as_it_is_and_the_request_is_stripped() =>
        Assert.Equal(
            "<bos><start_of_turn>user\n Rules.\n\n\nuser prompt:   a fox<end_of_turn>\n<start_of_turn>model\n",
            ChatTemplate.Render(" Rules.\n", "  a fox\u001C\n"));

    [Fact]
    public void An_image_stands_before_the_request_as_a_marker_or_as_its_soft_tokens()
    {
        Assert.Equal(
            "<bos><start_of_turn>user\nS\n\n<start_of_image>User Raw Input Prompt: a fox .<end_of_turn>\n<start_of_turn>model\n",
            ChatTemplate.RenderWithImage("S", "a fox "));
        Assert.Equal(
            "<bos><start_of_turn>user\nS\n\n\n\n<start_of_image><image_soft_token><image_soft_token><end_of_image>\n\n"
            + "User Raw Input Prompt: see <start_of_image>.<end_of_turn>\n<start_of_turn>model\n",
            ChatTemplate.RenderWithImage("S", "see <start_of_image>", softTokens: 2));
    }
}
