package io.upstream4j.distribution.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import io.upstream4j.distribution.admin.Webhook.Message;
import java.io.IOException;

/** The format of a webhook's requests. */
public enum WebhookFormat {
  /** An object with time, kind, upstream, backend and text, for programs. */
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

  /** Slack and compatible services: Mattermost, Rocket.Chat. */
  SLACK {
    @Override
    void write(JsonGenerator json, Message message) throws IOException {
      // https://docs.slack.dev/messaging/formatting-message-text: three characters are special.
      String text = message.text().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
      json.writeStringField("text", text);
    }
  },

  /** DingTalk. */
  DINGTALK {
    @Override
    void write(JsonGenerator json, Message message) throws IOException {
      writeText(json, message, "msgtype", "text", "content");
    }
  },

  /** WeCom. */
  WECOM {
    @Override
    void write(JsonGenerator json, Message message) throws IOException {
      writeText(json, message, "msgtype", "text", "content");
    }
  },

  /** Feishu, and Lark. */
  FEISHU {
    @Override
    void write(JsonGenerator json, Message message) throws IOException {
      writeText(json, message, "msg_type", "content", "text");
    }
  };

  abstract void write(JsonGenerator json, Message message) throws IOException;

  /** Returns the body of a request. */
  byte[] body(Message message) {
    return JsonText.object(json -> write(json, message));
  }

  /** Writes a plain-text message in a nested object, whose keys differ between services. */
  private static void writeText(
      JsonGenerator json, Message message, String type, String object, String text)
      throws IOException {
    json.writeStringField(type, "text");
    json.writeObjectFieldStart(object);
    json.writeStringField(text, message.text());
    json.writeEndObject();
  }
}
