package io.upstream4j.distribution.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import io.upstream4j.distribution.admin.Webhook.Message;
import java.io.IOException;

/** What a webhook's receiver understands. */
public enum WebhookFormat {
  /** An object with time, kind, upstream, backend and text; for programs. */
  JSON {
    @Override
    void write(JsonGenerator json, Message message) throws IOException {
      json.writeStringField("time", message.time().toString());
      json.writeStringField("kind", message.kind());
      json.writeStringField("upstream", message.upstream());
      json.writeStringField("backend", message.backend());
      json.writeStringField("text", message.text());
    }
  },

  /** Slack, and what is compatible with it: Mattermost, Rocket.Chat. */
  SLACK {
    @Override
    void write(JsonGenerator json, Message message) throws IOException {
      // https://docs.slack.dev/messaging/formatting-message-text: three characters are its own.
      String text = message.text().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
      json.writeStringField("text", text);
    }
  },

  /** DingTalk. */
  DINGTALK {
    @Override
    void write(JsonGenerator json, Message message) throws IOException {
      writeText(json, "msgtype", "text", message);
    }
  },

  /** WeCom. */
  WECOM {
    @Override
    void write(JsonGenerator json, Message message) throws IOException {
      writeText(json, "msgtype", "text", message);
    }
  },

  /** Feishu, and Lark. */
  FEISHU {
    @Override
    void write(JsonGenerator json, Message message) throws IOException {
      json.writeStringField("msg_type", "text");
      json.writeObjectFieldStart("content");
      json.writeStringField("text", message.text());
      json.writeEndObject();
    }
  };

  abstract void write(JsonGenerator json, Message message) throws IOException;

  /** The body of a request. */
  byte[] body(Message message) {
    return JsonText.object(json -> write(json, message));
  }

  private static void writeText(JsonGenerator json, String type, String text, Message message)
      throws IOException {
    json.writeStringField(type, text);
    json.writeObjectFieldStart(text);
    json.writeStringField("content", message.text());
    json.writeEndObject();
  }
}
